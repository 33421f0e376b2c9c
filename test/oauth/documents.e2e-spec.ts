import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_CONTRACTS, signInThrough } from '../support/contract-tokens.js';
import { type Answer, form, send } from '../support/http.js';
import { basicOf, bearerOf, OAuthClient } from '../support/oauth.client.js';
import { documentOf, operationsOf, undocumented } from '../support/openapi.js';
import { type Service, startService } from '../support/service.js';

let service: Service;
let client: OAuthClient;
let document: OpenAPIObject;

beforeAll(async () => {
  service = await startService();
  client = await OAuthClient.of(service, 'introspect', 'introspect:refresh', 'revoke');
  ({ document } = await documentOf(service, 'native'));
});
afterAll(() => service.stop());

describe('GET /docs/native/openapi.json', () => {
  const check = (method: string, path: string, answer: Answer, status: number): void => {
    expect([answer.status, undocumented(document, method, path, answer)]).toEqual([status, []]);
  };

  it.each(['/.well-known/jwks.json', '/.well-known/oauth-authorization-server'])('documents GET %s', async (path) => {
    check('GET', path, await send('GET', service.url + path), 200);
  });

  it('documents what POST /oauth/token answers', async () => {
    const path = '/oauth/token';
    check('POST', path, await client.token(), 200);
    check('POST', path, await client.token({ scope: 'admin' }), 400);
    check('POST', path, await client.token({}), 200);
    check('POST', path, await client.ask('token', {}), 400);
    check('POST', path, await send('POST', service.url + path, form({ grant_type: 'client_credentials' })), 401);
    check('POST', path, await client.token({ x: 'x'.repeat(100_000) }), 413);
  });

  it.each(['introspect', 'revoke'])('documents what POST /oauth/%s answers', async (route) => {
    const path = `/oauth/${route}`;
    const narrow = await OAuthClient.of(service);
    const tokens = await Promise.all([...JWT_CONTRACTS, 'opaque-token'].map((name) => signInThrough(service, name)));
    const texts = tokens
      .flatMap(({ access, refresh, opaque }) => [access, refresh, opaque])
      .filter(Boolean) as string[];
    for (const token of [...texts, 'nonsense']) check('POST', path, await client.ask(route, { token }), 200);
    const ofClient = await client.accessToken();
    check('POST', path, await client.ask(route, { token: ofClient }), route === 'revoke' ? 400 : 200);
    check('POST', path, await client.ask(route, {}), 400);
    check('POST', path, await narrow.ask(route, { token: 'x' }), 403);
    check('POST', path, await client.ask(route, { token: 'x' }, bearerOf('x')), 401);
    check('POST', path, await client.ask(route, { token: 'x' }, basicOf({ id: 'x', secret: 'x' })), 401);
  });

  it('says how each route is authorized, and that bodies are forms', () => {
    const routes = operationsOf(document).filter(({ path }) => path.startsWith('/oauth/'));
    const scoped = (scope: string): object[] => [{ bearer: [] }, { oauth2: [scope] }, { client: [] }];
    expect(Object.fromEntries(routes.map(({ path, operation }) => [path, operation.security]))).toEqual({
      '/oauth/token': [{ client: [] }],
      '/oauth/introspect': scoped('introspect'),
      '/oauth/revoke': scoped('revoke'),
    });
    for (const { operation } of routes)
      expect(Object.keys((operation.requestBody as { content: object }).content)).toEqual([
        'application/x-www-form-urlencoded',
      ]);
  });
});
