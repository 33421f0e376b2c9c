import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';

let service: Service;
let clients: ServiceClientsService;

beforeAll(async () => {
  service = await startService();
  clients = service.app.get(ServiceClientsService);
});
afterAll(() => service.stop());

describe('ServiceClientsService', () => {
  it('tells a secret of 256 bits once, and stores nothing but its hash', async () => {
    const { id, secret } = await clients.create('orders', ['revoke', 'introspect', 'revoke']);
    expect(id).toMatch(/^svc_[0-9a-f]{24}$/);
    expect(secret).toMatch(/^[\w-]{43}$/);
    const stored = (await clients.list()).find((client) => client.id === id);
    expect(stored).toEqual({
      id,
      name: 'orders',
      secretHash: createHash('sha256').update(secret).digest('hex'),
      scopes: 'introspect revoke',
      createdAt: expect.any(Date) as Date,
      revokedAt: null,
    });
  });

  it('knows a client by its secret alone, until it is revoked', async () => {
    const [one, other] = [await clients.create('one', ['introspect']), await clients.create('other', [])];
    expect(await clients.authenticate(one.id, one.secret)).toMatchObject({ id: one.id, name: 'one' });
    expect(await clients.authenticate(one.id, other.secret)).toBeUndefined();
    expect(await clients.authenticate(`${one.id} `, one.secret)).toBeUndefined();

    expect(await clients.revoke(one.id)).toBe(true);
    expect(await clients.authenticate(one.id, one.secret)).toBeUndefined();
    expect(await clients.findActive(one.id)).toBeUndefined();
    expect(await clients.findActive(other.id)).toMatchObject({ name: 'other' });
  });

  it('revokes once, and what does not exist not at all', async () => {
    const { id } = await clients.create('short-lived', []);
    expect([await clients.revoke(id), await clients.revoke(id)]).toEqual([true, false]);
    expect([await clients.revoke('svc_nobody'), await clients.revoke(`svc_${'0'.repeat(24)}`)]).toEqual([false, false]);
  });

  it('takes the same statements to refuse a wrong secret, a revoked client and an unknown one', async () => {
    const { id, secret } = await clients.create('known', []);
    const revoked = await clients.create('revoked', []);
    await clients.revoke(revoked.id);
    const statements = recordStatements(service);
    const taken: string[][] = [];
    for (const credentials of [{ id, secret: 'wrong' }, revoked, { id: `svc_${'0'.repeat(24)}`, secret }]) {
      statements.length = 0;
      await clients.authenticate(credentials.id, credentials.secret);
      taken.push(statements.filter((statement) => statement.includes('service_clients')));
    }
    expect(taken[0]).toHaveLength(1);
    expect(taken).toEqual([taken[0], taken[0], taken[0]]);
  });
});

describe('the log', () => {
  it('has no secret and no token of a service client', async () => {
    const client = await OAuthClient.of(service, 'introspect', 'revoke');
    const { id: client_id, secret: client_secret } = client.credentials;
    const token = await client.accessToken();
    await client.ask('token', { grant_type: 'client_credentials', client_id, client_secret }, {});
    await client.ask('token', { client_secret });
    await client.introspect(token);
    await client.revoke(token);
    const log = JSON.stringify(service.log);
    expect(log).toContain('/oauth/introspect');
    for (const secret of [client_secret, token, token.split('.')[2] as string]) expect(log).not.toContain(secret);
  });
});
