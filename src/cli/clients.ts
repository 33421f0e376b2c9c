import { TypeOrmModule } from '@nestjs/typeorm';
import { ON_COMMAND_LINE } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import { readEnvironment } from '../config/env.js';
import { ServiceClient } from '../tokens/service-client.entity.js';
import { type Scope, ServiceClientsService } from '../tokens/service-clients.service.js';
import { CommandError } from './command-error.js';
import { demandWritten, print, printList, remark } from './output.js';
import { withServices } from './services.js';

const NEEDS = { imports: [TypeOrmModule.forFeature([ServiceClient])], providers: [ServiceClientsService] };

const withClients = (act: (clients: ServiceClientsService, audit: AuditLog) => Promise<void>): Promise<void> =>
  withServices(readEnvironment(), NEEDS, (services) =>
    act(services.get(ServiceClientsService), services.get(AuditLog)),
  );

const BY = { from: ON_COMMAND_LINE, actor: ON_COMMAND_LINE.actor } as const;

/** The longest name of a client, in UTF-16 units. */
const NAME_LENGTH = 200;

/** `latchkey client create NAME`. @throws {CommandError} if the name cannot be one */
export async function createClient(name: string, { scope }: { readonly scope: readonly Scope[] }): Promise<void> {
  if (name.trim() === '' || name.length > NAME_LENGTH || /\p{Cc}|\p{Cs}/u.test(name))
    throw new CommandError(`A name has 1 to ${NAME_LENGTH} characters, none of them a control character.`);
  demandUseful(scope);
  await withClients(async (clients, audit) => {
    const { id, secret } = await clients.create(name, scope);
    audit.record({ ...BY, kind: 'client_created', detail: { client_id: id, name, scopes: [...new Set(scope)] } });
    print(`client_id      ${id}`);
    print(`client_secret  ${secret}`);
    await demandWritten().catch((cause: unknown) => refuseUnseen(id, cause));
    remark('The secret is shown only now: only its hash is stored.');
  });
}

/** @throws {CommandError} for scopes with which a client could do nothing */
function demandUseful(scopes: readonly Scope[]): void {
  if (scopes.includes('introspect:refresh') && !scopes.includes('introspect'))
    throw new CommandError('introspect:refresh counts only beside introspect.');
}

function refuseUnseen(id: string, cause: unknown): never {
  const { message } = cause as Error;
  throw new CommandError(`${message} Nobody has seen the secret of ${id}. Run: latchkey client revoke ${id}`, {
    cause,
  });
}

/** `latchkey client list`. */
export async function listClients({ json = false }: { readonly json?: boolean }): Promise<void> {
  await withClients(async (clients) => {
    const rows = (await clients.list()).map(({ id, name, scopes, createdAt, revokedAt }) => ({
      id,
      name,
      scopes: scopes.split(' ').filter(Boolean),
      created_at: createdAt.toISOString(),
      revoked_at: revokedAt?.toISOString() ?? null,
    }));
    if (rows.length === 0) remark('There is no client yet. Make one with: latchkey client create');
    printList(rows, json, ({ id, name, scopes, created_at, revoked_at }: (typeof rows)[number]) => [
      id,
      scopes.join(' '),
      `created ${created_at}`,
      revoked_at ? `revoked ${revoked_at}` : 'active',
      name,
    ]);
  });
}

/** `latchkey client scopes ID`. @throws {CommandError} if there is no such client */
export async function changeScopes(id: string, { scope }: { readonly scope: readonly Scope[] }): Promise<void> {
  demandUseful(scope);
  await withClients(async (clients, audit) => {
    const before = await clients.changeScopes(id, scope);
    if (before === undefined)
      throw new CommandError(`There is no client ${id}, or it is revoked already. See: latchkey client list`);
    const scopes = [...new Set(scope)];
    const detail = { client_id: id, scopes, scopes_before: before.split(' ').filter(Boolean) };
    audit.record({ ...BY, kind: 'client_scopes_changed', detail });
    print(`${id} may ${scopes.join(', ')}`);
  });
}

/** `latchkey client revoke ID`. @throws {CommandError} if there is no such client */
export async function revokeClient(id: string): Promise<void> {
  await withClients(async (clients, audit) => {
    if (!(await clients.revoke(id)))
      throw new CommandError(`There is no client ${id}, or it is revoked already. See: latchkey client list`);
    audit.record({ ...BY, kind: 'client_revoked', detail: { client_id: id } });
    print(`revoked ${id}`);
  });
}
