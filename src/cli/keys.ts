import type { INestApplicationContext } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeyAdministrationService, type KeyStanding } from '../auth/keys/key-administration.service.js';
import { readEnvironment } from '../config/env.js';
import { SigningKey } from '../tokens/signing-key.entity.js';
import { SigningKeysStore } from '../tokens/signing-keys.store.js';
import { CommandError } from './command-error.js';
import { print, printList, remark } from './output.js';
import { withServices } from './services.js';

const NEEDS = {
  imports: [TypeOrmModule.forFeature([SigningKey])],
  providers: [SigningKeysStore, KeyAdministrationService],
};

const withKeys = (act: (keys: KeyAdministrationService) => Promise<void>): Promise<void> =>
  withServices(readEnvironment(), NEEDS, (services: INestApplicationContext) =>
    act(services.get(KeyAdministrationService)),
  );

/** How a key's state is told. */
const STATES: Record<KeyStanding['state'], (at: string) => string> = {
  signs: () => 'signs',
  waiting: (at) => `signs from ${at}`,
  published: (at) => `published until ${at}`,
  withdrawn: (at) => `withdrawn ${at}`,
};

/** `latchkey keys list`. */
export async function listKeys({ json = false }: { readonly json?: boolean }): Promise<void> {
  await withKeys(async (keys) => {
    const rows = (await keys.list()).map(({ kid, algorithm, createdAt, state, at }) => ({
      kid,
      algorithm,
      state,
      at: at?.toISOString() ?? null,
      created_at: createdAt.toISOString(),
    }));
    if (rows.length === 0) remark('There is no key yet: the first start of the service makes one.');
    printList(rows, json, ({ kid, algorithm, state, at, created_at }: (typeof rows)[number]) => [
      kid,
      algorithm,
      `created ${created_at}`,
      STATES[state](at ?? ''),
    ]);
  });
}

/** `latchkey keys rotate`. */
export async function rotateKeys(): Promise<void> {
  await withKeys(async (keys) => {
    const { published, kid, signsFrom } = await keys.rotate();
    const signs = `${kid}, which signs from ${signsFrom.toISOString()}`;
    print(published ? `published ${signs}` : `Nothing was published: waiting already is ${signs}`);
  });
}

/** `latchkey keys revoke KID`. @throws {CommandError} if there is no such key */
export async function revokeKey(kid: string): Promise<void> {
  await withKeys(async (keys) => {
    const signedBefore = signerOf(await keys.list());
    if (!(await keys.revoke(kid)))
      throw new CommandError(`There is no key ${kid}, or it is withdrawn already. See: latchkey keys list`);
    print(`withdrew ${kid}`);
    print('Tokens that it signed are refused within 5 s here, and within 10 minutes by services that cache the JWKS.');
    print(succession(signedBefore, signerOf(await keys.list())));
  });
}

function signerOf(keys: readonly KeyStanding[]): string | undefined {
  return keys.find(({ state }) => state === 'signs')?.kid;
}

function succession(before: string | undefined, now: string | undefined): string {
  if (now === undefined) return 'No key is left: a running service makes one within 5 s, or the next start does.';
  return now === before ? `${now} goes on signing` : `${now} signs in its place`;
}
