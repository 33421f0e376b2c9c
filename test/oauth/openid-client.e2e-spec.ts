import {
  allowInsecureRequests,
  type ClientAuth,
  clientCredentialsGrant,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { type ContractTokens, JWT_CONTRACTS, registerPending, signInThrough } from '../support/contract-tokens.js';
import { decode } from '../support/jwt.js';
import { startIssuer } from '../support/oauth.client.js';
import { freePort } from '../support/ports.js';
import { type Service, startService } from '../support/service.js';

const METHODS: [string, (secret: string) => ClientAuth][] = [
  ['client_secret_basic', ClientSecretBasic],
  ['client_secret_post', ClientSecretPost],
];
const KINDS: [string, 'access' | 'refresh' | 'opaque'][] = [
  ...JWT_CONTRACTS.map((contract): [string, 'access'] => [contract, 'access']),
  ['token-pair', 'refresh'],
  ['basic', 'refresh'],
  ['opaque-token', 'opaque'],
];

/** The library’s own discovery, by RFC 8414. */
const discover = (issuer: string, id: string, method: ClientAuth): Promise<Configuration> =>
  discovery(new URL(issuer), id, undefined, method, { algorithm: 'oauth2', execute: [allowInsecureRequests] });

describe.each(METHODS)('openid-client by %s', (_name, methodOf) => {
  let service: Service;
  let config: Configuration;
  let id: string;

  beforeAll(async () => {
    service = await startIssuer();
    const client = await service.app
      .get(ServiceClientsService)
      .create('openid-client', ['introspect', 'introspect:refresh', 'revoke']);
    id = client.id;
    config = await discover(service.url, id, methodOf(client.secret));
  });
  afterAll(() => service.stop());

  const tokenOf = (tokens: ContractTokens, kind: 'access' | 'refresh' | 'opaque'): string => tokens[kind] ?? '';

  it('discovers the service', () => {
    expect(config.serverMetadata()).toMatchObject({
      issuer: service.url,
      token_endpoint: `${service.url}/oauth/token`,
      jwks_uri: `${service.url}/.well-known/jwks.json`,
    });
  });

  it('gets a token, for all scopes or for those that it asks for', async () => {
    expect(await clientCredentialsGrant(config)).toMatchObject({
      scope: 'introspect introspect:refresh revoke',
      expires_in: 900,
    });
    const { access_token, scope } = await clientCredentialsGrant(config, { scope: 'revoke' });
    expect([scope, decode(access_token).claims.sub]).toEqual(['revoke', id]);
  });

  it.each(KINDS)('introspects a token of %s (%s)', async (contract, kind) => {
    const token = tokenOf(await signInThrough(service, contract), kind);
    expect(await tokenIntrospection(config, token)).toMatchObject({
      active: true,
      client_id: contract,
      iss: service.url,
      token_type: kind === 'refresh' ? 'refresh_token' : 'Bearer',
    });
  });

  it('introspects its own token, and what is no token or does not count', async () => {
    const { access_token } = await clientCredentialsGrant(config);
    const { access, refresh } = await registerPending(service);
    expect(await tokenIntrospection(config, access_token)).toMatchObject({ active: true, client_id: id });
    for (const token of ['nonsense', access, refresh])
      expect(await tokenIntrospection(config, token)).toEqual({ active: false });
  });

  it.each(KINDS)('revokes a token of %s (%s)', async (contract, kind) => {
    const token = tokenOf(await signInThrough(service, contract), kind);
    await tokenRevocation(config, token);
    expect(await tokenIntrospection(config, token)).toEqual({ active: false });
    await tokenRevocation(config, token);
  });

  it('reads every refusal', async () => {
    const wrong = await discover(service.url, id, methodOf('wrong'));
    const { access_token: own } = await clientCredentialsGrant(config);
    await expect(tokenIntrospection(wrong, own)).rejects.toThrow();
    await expect(clientCredentialsGrant(config, { scope: 'admin' })).rejects.toMatchObject({ error: 'invalid_scope' });
    await expect(tokenRevocation(config, own)).rejects.toMatchObject({ error: 'unsupported_token_type' });
    const narrow = await service.app.get(ServiceClientsService).create('narrow', []);
    const without = await discover(service.url, narrow.id, methodOf(narrow.secret));
    await expect(tokenIntrospection(without, own)).rejects.toMatchObject({ status: 403 });
  });
});

describe('openid-client', () => {
  it('discovers an issuer that has a path', async () => {
    const port = String(await freePort());
    const issuer = `http://127.0.0.1:${port}/auth/v1`;
    const service = await startService({ PORT: port, PUBLIC_URL: issuer });
    const config = await discover(issuer, 'svc_any', ClientSecretBasic('any'));
    await service.stop();
    expect(config.serverMetadata()).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` });
  });

  it.each(['', '/auth/v1', '/id'])(
    'discovers it by default too, as an OpenID provider, at an issuer with the path "%s"',
    async (path) => {
      const port = String(await freePort());
      const issuer = `http://127.0.0.1:${port}${path}`;
      const service = await startService({ PORT: port, PUBLIC_URL: issuer });
      const config = await discovery(new URL(issuer), 'svc_any', undefined, ClientSecretBasic('any'), {
        execute: [allowInsecureRequests],
      });
      await service.stop();
      expect(config.serverMetadata()).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` });
    },
  );
});
