import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import type { Answer } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { SPOILT } from '../support/spoilt-tokens.js';
import { atTime } from '../support/statements.js';
import {
  answered,
  foreignTokens,
  MOUNTS,
  notValidInHeader,
  outcome,
  pairOf,
  TokenPairClient,
} from '../support/token-pair.client.js';

const NOT_PROVIDED = answered(401, { detail: 'Authentication credentials were not provided.' });
const NOT_VALID = notValidInHeader('Token is invalid or expired');

describe.each(MOUNTS)('token-pair at $mount: GET /auth/getuser', ({ base }) => {
  let service: Service;
  let client: TokenPairClient;

  beforeAll(async () => {
    service = await startService();
    client = new TokenPairClient(service.url, base);
  });

  afterAll(() => service.stop());

  it('answers the username alone, not to be cached', async () => {
    const { access, person } = await client.newcomer();
    const answer = await client.getUser(`Bearer ${access}`);
    expect(outcome(answer)).toEqual(answered(200, { username: person.username }));
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('answers the username as it was registered, however it was typed at sign-in', async () => {
    const { username, password } = newPerson();
    await client.register({ username: `Ünï ${username}`, password });
    const { access } = pairOf(await client.token({ username: `üNÏ ${username}`, password }));
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(answered(200, { username: `Ünï ${username}` }));
  });

  it('accepts the access token of a refresh', async () => {
    const { refresh, person } = await client.newcomer();
    const { access } = pairOf(await client.refresh(refresh));
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(answered(200, { username: person.username }));
  });

  it('takes any amount of space around the token', async () => {
    const { access, person } = await client.newcomer();
    const answer = await client.getUser(`Bearer   ${access} `);
    expect(outcome(answer)).toEqual(answered(200, { username: person.username }));
  });

  it('answers a request without the header that credentials were not provided', async () => {
    expect(outcome(await client.send('GET', '/auth/getuser'))).toEqual(NOT_PROVIDED);
  });

  it.each(['', '  ', 'Basic dTpw', 'JWT a.jwt.token', 'Token a', 'Bearerish a', 'a.jwt.token', 'null'])(
    'answers the header %j that credentials were not provided',
    async (authorization) => {
      expect(outcome(await client.getUser(authorization))).toEqual(NOT_PROVIDED);
    },
  );

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a.jwt.token and more'])(
    'answers the header %j that it must contain two values',
    async (authorization) => {
      const malformed = {
        detail: 'Authorization header must contain two space-delimited values',
        code: 'bad_authorization_header',
      };
      expect(outcome(await client.getUser(authorization))).toEqual(answered(401, malformed));
    },
  );

  it.each(SPOILT)('answers that a token is not valid when it is %s', async (_what, spoil) => {
    const { access } = await client.newcomer();
    expect(outcome(await client.getUser(`Bearer ${spoil(access)}`))).toEqual(NOT_VALID);
  });

  it('answers that a token is not valid after sixty minutes', async () => {
    const { access, person } = await client.newcomer();
    const { iat, exp } = decode(access).claims as { iat: number; exp: number };
    const use = (): Promise<Answer> => client.getUser(`Bearer ${access}`);
    expect(exp - iat).toBe(60 * 60);
    expect(outcome(await atTime(service, exp * 1000 - 1, use))).toEqual(answered(200, { username: person.username }));
    expect(outcome(await atTime(service, exp * 1000, use))).toEqual(NOT_VALID);
  });

  it('answers that a token is not valid once its session was ended', async () => {
    const { access, accountId } = await client.newcomer();
    await service.app.get(RevocationService).clearTokens(accountId);
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(NOT_VALID);
  });

  it('answers that a token is not valid once a refresh token of its session was used twice', async () => {
    const { access, refresh } = await client.newcomer();
    await client.refresh(refresh);
    service.advance(31);
    expect((await client.refresh(refresh)).status).toBe(401);
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(NOT_VALID);
  });

  it("answers that another contract's tokens are not valid", async () => {
    for (const token of await foreignTokens(service.url)) {
      expect(outcome(await client.getUser(`Bearer ${token}`))).toEqual(NOT_VALID);
    }
  });

  it('answers a refresh token that it has the wrong type', async () => {
    const { refresh } = await client.newcomer();
    expect(outcome(await client.getUser(`Bearer ${refresh}`))).toEqual(notValidInHeader('Token has wrong type'));
  });

  it('tells that the account is gone', async () => {
    const { access, accountId } = await client.newcomer();
    await service.app.get(RevocationService).deleteAccount(accountId);
    const gone = answered(401, { detail: 'User not found', code: 'user_not_found' });
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(gone);
  });

  it('tells that the account is inactive', async () => {
    const { access, accountId } = await client.newcomer();
    await service.app.get(RevocationService).deactivate(accountId);
    const inactive = answered(401, { detail: 'User is inactive', code: 'user_inactive' });
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(inactive);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('answers 405 to %s', async (method) => {
    const answer = await client.send(method, '/auth/getuser');
    expect(outcome(answer)).toEqual(answered(405, { detail: `Method "${method}" not allowed.` }));
    expect(answer.headers.allow).toBe('GET, HEAD');
  });
});
