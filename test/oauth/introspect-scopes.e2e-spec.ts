import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { signInThrough } from '../support/contract-tokens.js';
import { bearerOf, OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';

const INACTIVE = { active: false };

let service: Service;
let client: OAuthClient;

beforeAll(async () => {
  service = await startService();
  client = await OAuthClient.of(service, 'introspect', 'introspect:refresh');
});
afterAll(() => service.stop());

describe('POST /oauth/introspect', () => {
  it('calls a refresh token inactive for a client without the scope for that, in whatever way it says who it is', async () => {
    const narrow = await OAuthClient.of(service, 'introspect');
    for (const contract of ['token-pair', 'basic']) {
      const { refresh: token = '', access = '' } = await signInThrough(service, contract);
      expect(await narrow.introspect(token)).toEqual(INACTIVE);
      expect(await narrow.introspect(access)).toMatchObject({ active: true });
      const byToken = [await narrow.accessToken(), await client.accessToken({ scope: 'introspect' })];
      for (const own of byToken)
        expect((await client.ask('introspect', { token }, bearerOf(own))).json).toEqual(INACTIVE);
      expect((await client.ask('introspect', { token }, bearerOf(await client.accessToken()))).json).toMatchObject({
        active: true,
        token_type: 'refresh_token',
      });
    }
  });

  it('goes by the scopes that a client has now, whatever its token was issued for', async () => {
    const other = await OAuthClient.of(service, 'introspect', 'introspect:refresh', 'revoke');
    const { refresh: token = '' } = await signInThrough(service, 'token-pair');
    const own = await other.accessToken();
    const ask = (headers = bearerOf(own)): Promise<unknown> =>
      other.ask('introspect', { token }, headers).then(({ json }) => json);
    expect(await ask()).toMatchObject({ active: true });
    const clients = service.app.get(ServiceClientsService);
    await clients.changeScopes(other.credentials.id, ['introspect', 'revoke']);
    expect(await ask()).toEqual(INACTIVE);
    expect(await other.introspect(token)).toEqual(INACTIVE);
    expect(await client.introspect(own)).toMatchObject({ active: true, scope: 'introspect revoke' });
    await clients.changeScopes(other.credentials.id, ['revoke']);
    service.advance(1);
    expect((await other.ask('introspect', { token }, bearerOf(own))).status).toBe(403);
    expect((await other.ask('introspect', { token })).status).toBe(403);
  });
});
