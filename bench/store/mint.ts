import { createHmac, randomUUID, sign } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { accountsToUse, type ContractName, opaqueTokenOf, sessionOf, usernameOf } from './identities.js';
import { keysOf, type StoreKeys } from './keys.js';

const TOKEN_SECONDS = 3600;

/** How many sessions of a large store are rotated in turns. */
const MOST_ROTATED = 20_000;

type Claims = Readonly<Record<string, unknown>>;

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Makes genuine tokens of the sessions in a store, with its own keys: an instance has not seen them when they come. */
export class Mint {
  private readonly keys: StoreKeys;
  private readonly database: Database.Database;

  constructor(
    folder: string,
    private readonly issuer: string,
    private readonly accounts: number,
  ) {
    this.keys = keysOf(folder);
    this.database = new Database(join(folder, 'latchkey.db'), { readonly: true });
  }

  /** So many different access tokens, of as many sessions as there are. */
  access(count: number, contract: 'token-pair' | 'cookie'): string[] {
    const accounts = accountsToUse(this.accounts, count);
    return Array.from({ length: count }, (_, index) =>
      this.accessOf(accounts[index % accounts.length] as number, contract),
    );
  }

  /** Opaque tokens of so many sessions, or of all there are. */
  opaque(count: number): string[] {
    return accountsToUse(this.accounts, count).map(opaqueTokenOf);
  }

  /** Usernames of so many accounts, or of all there are. */
  usernames(count: number): string[] {
    return accountsToUse(this.accounts, count).map(usernameOf);
  }

  /**
   * At least so many refresh tokens, in an order in which each is the present one when it comes: of as many sessions as
   * possible, generation after generation from the one that is stored.
   */
  refresh(count: number): string[] {
    const accounts = accountsToUse(this.accounts, MOST_ROTATED);
    const select = this.database.prepare('SELECT generation FROM sessions WHERE id = ?').pluck();
    const first = accounts.map((account) => select.get(sessionOf(account, 'token-pair')) as number);
    return Array.from({ length: Math.ceil(count / accounts.length) }, (_, later) =>
      accounts.map((account, index) => this.refreshOf(account, (first[index] as number) + later)),
    ).flat();
  }

  close(): void {
    this.database.close();
  }

  private accessOf(account: number, contract: 'token-pair' | 'cookie'): string {
    const extra: Record<typeof contract, Claims> = {
      'token-pair': { token_type: 'access', user_id: account, username: usernameOf(account) },
      cookie: { username: usernameOf(account), is_admin: false },
    };
    const claims = { ...extra[contract], aud: this.issuer, ...this.common(account, contract), jti: randomUUID() };
    const text = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: this.keys.kid })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.keys.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  private refreshOf(account: number, generation: number): string {
    const common = this.common(account, 'token-pair');
    const claims = {
      ...common,
      token_type: 'refresh',
      user_id: account,
      gen: generation,
      jti: `${common.sid}.${generation}`,
    };
    const text = `${encode({ alg: 'HS256', typ: 'rt+jwt' })}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', this.keys.refreshKey).update(text).digest('base64url')}`;
  }

  private common(account: number, contract: ContractName): { readonly sid: string } & Claims {
    const iat = Math.floor(Date.now() / 1000);
    const sid = sessionOf(account, contract);
    return { iss: this.issuer, sub: String(account), client_id: contract, sid, iat, exp: iat + TOKEN_SECONDS };
  }
}
