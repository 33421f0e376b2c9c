import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { type ContractTokens, JWT_CONTRACTS, signInThrough } from '../support/contract-tokens.js';
import { OAuthClient } from '../support/oauth.client.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';

describe('the OAuth routes on PostgreSQL', () => {
  let postgres: Postgres;
  let service: Service;
  let client: OAuthClient;

  beforeAll(async () => {
    postgres = await startPostgres();
    service = await startService(await postgres.createDatabase('latchkey'));
    client = await OAuthClient.of(service, 'introspect', 'introspect:refresh', 'revoke');
  });
  afterAll(async () => {
    await service.stop();
    await postgres.stop();
  });

  const textsOf = ({ access, refresh, opaque }: ContractTokens): string[] =>
    [access, refresh, opaque].filter((token) => token !== undefined);

  it.each([...JWT_CONTRACTS, 'opaque-token'])('introspect and revoke every token of %s', async (contract) => {
    const count = textsOf(await signInThrough(service, contract)).length;
    for (let which = 0; which < count; which++) {
      const tokens = textsOf(await signInThrough(service, contract));
      for (const token of tokens) expect(await client.introspect(token)).toMatchObject({ active: true });
      const { status, text } = await client.revoke(tokens[which] as string);
      expect([status, text]).toEqual([200, '']);
      for (const token of tokens) expect(await client.introspect(token)).toEqual({ active: false });
    }
  });

  it('answer to names and tokens that the store would not compare', async () => {
    const odd = ['\u0000', 'svc_\u0000', '\u{1f511}'.repeat(2000)];
    for (const text of odd) {
      expect(await client.introspect(text)).toEqual({ active: false });
      expect((await client.token({ scope: text })).status).toBe(400);
      const { id } = client.credentials;
      for (const credentials of [
        { client_id: text, client_secret: text },
        { client_id: id, client_secret: text },
      ])
        expect((await client.ask('token', { grant_type: 'client_credentials', ...credentials }, {})).status).toBe(401);
    }
  });

  it('refuse a client once it is revoked, and list it on', async () => {
    const other = await OAuthClient.of(service, 'introspect');
    const clients = service.app.get(ServiceClientsService);
    expect((await other.token()).status).toBe(200);
    expect([await clients.revoke(other.credentials.id), await clients.revoke(other.credentials.id)]).toEqual([
      true,
      false,
    ]);
    expect((await other.token()).status).toBe(401);
    expect((await clients.list()).map(({ id, revokedAt }) => [id, revokedAt === null])).toEqual([
      [client.credentials.id, true],
      [other.credentials.id, false],
    ]);
  });
});
