import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { form, send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { SPOILT } from '../support/spoilt-tokens.js';
import {
  answered,
  credentials,
  foreignTokens,
  INVALID,
  MOUNTS,
  notValidInHeader,
  outcome,
  pairOf,
  TokenPairClient,
} from '../support/token-pair.client.js';

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;
const PAIR = { refresh: JWT, access: JWT };
const BLACKLISTED = answered(401, { detail: 'Token is blacklisted', code: 'token_not_valid' });
const DAY = 24 * 60 * 60;

describe.each(MOUNTS)('token-pair at $mount', ({ base }) => {
  let service: Service;
  let client: TokenPairClient;

  beforeAll(async () => {
    service = await startService();
    client = new TokenPairClient(service.url, base);
  });

  afterAll(() => service.stop());

  describe('POST /auth/token', () => {
    const WRONG = answered(401, { detail: 'No active account found with the given credentials' });

    it('answers a refresh and an access token, in this order and not to be cached', async () => {
      const { person } = await client.newcomer();
      const answer = await client.token(credentials(person));
      expect(outcome(answer)).toEqual(answered(200, PAIR));
      expect(answer.text).toMatch(/^\{"refresh":"[^"]+","access":"[^"]+"\}$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    });

    it('finds the account in whatever case the username is written', async () => {
      const { person } = await client.newcomer();
      const body = { ...credentials(person), username: person.username.toUpperCase() };
      expect(outcome(await client.token(body))).toEqual(answered(200, PAIR));
    });

    it('answers a wrong password and an unknown account alike', async () => {
      const { person } = await client.newcomer();
      expect(outcome(await client.token({ ...credentials(person), password: 'Wrong1234' }))).toEqual(WRONG);
      expect(outcome(await client.token(credentials(newPerson())))).toEqual(WRONG);
    });

    it('never trims passwords', async () => {
      const person = newPerson('  Secret1234 ');
      expect(outcome(await client.register(credentials(person)))).toEqual(answered(201, PAIR));
      expect(outcome(await client.token(credentials(person)))).toEqual(answered(200, PAIR));
      expect(outcome(await client.token({ ...credentials(person), password: 'Secret1234' }))).toEqual(WRONG);
    });

    it('answers a pending and a deactivated account as it answers a wrong password', async () => {
      const [pending, deactivated] = [await client.newcomer(), await client.newcomer()];
      await service.app.get(DataSource).getRepository(User).update({ id: pending.accountId }, { status: 'pending' });
      await service.app.get(RevocationService).deactivate(deactivated.accountId);
      expect(outcome(await client.token(credentials(pending.person)))).toEqual(WRONG);
      expect(outcome(await client.token(credentials(deactivated.person)))).toEqual(WRONG);
    });

    it('looks up the username and never the e-mail address', async () => {
      const { email, password } = newPerson();
      await send('POST', `${service.url}/basic/api/v1.0/register`, { body: { email, password } });
      expect(outcome(await client.token({ username: email, password }))).toEqual(WRONG);
    });

    it('does not take credentials from the query', async () => {
      const { person } = await client.newcomer();
      const answer = await client.send('POST', `/auth/token?${form(credentials(person)).body as string}`);
      const required = ['this field is required'];
      expect(outcome(answer)).toEqual(answered(400, { username: required, password: required }));
    });
  });

  describe('POST /auth/token/refresh', () => {
    it('answers new tokens, in this order and not to be cached', async () => {
      const { refresh, access } = await client.newcomer();
      const answer = await client.refresh(refresh);
      expect(outcome(answer)).toEqual(answered(200, PAIR));
      expect(answer.text).toMatch(/^\{"refresh":"[^"]+","access":"[^"]+"\}$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(pairOf(answer).refresh).not.toBe(refresh);
      expect(pairOf(answer).access).not.toBe(access);
      expect(outcome(await client.refresh(pairOf(answer).refresh))).toEqual(answered(200, PAIR));
    });

    it.each(SPOILT)('answers 401 to a token that is %s', async (_what, spoil) => {
      const { refresh } = await client.newcomer();
      expect(outcome(await client.refresh(spoil(refresh)))).toEqual(INVALID);
    });

    it('answers 401 to an expired token', async () => {
      const { refresh } = await client.newcomer();
      service.advance(14 * DAY + 1);
      expect(outcome(await client.refresh(refresh))).toEqual(INVALID);
    });

    it("answers 401 to another contract's tokens", async () => {
      for (const token of await foreignTokens(service.url))
        expect(outcome(await client.refresh(token))).toEqual(INVALID);
    });

    it('answers an access token that it has the wrong type', async () => {
      const { access } = await client.newcomer();
      const wrongType = answered(401, { detail: 'Token has wrong type', code: 'token_not_valid' });
      expect(outcome(await client.refresh(access))).toEqual(wrongType);
    });

    it('answers a token that was rotated before the grace time as blacklisted, and its successor from then on', async () => {
      const { refresh } = await client.newcomer();
      const successor = pairOf(await client.refresh(refresh)).refresh;
      service.advance(31);
      expect(outcome(await client.refresh(refresh))).toEqual(BLACKLISTED);
      expect(outcome(await client.refresh(successor))).toEqual(BLACKLISTED);
    });

    it.each([
      ['whose sessions were ended', 'clearTokens'],
      ['that was deactivated', 'deactivate'],
      ['that is gone', 'deleteAccount'],
    ] as const)('answers a token of an account %s as blacklisted', async (_what, act) => {
      const { refresh, accountId } = await client.newcomer();
      await service.app.get(RevocationService)[act](accountId);
      expect(outcome(await client.refresh(refresh))).toEqual(BLACKLISTED);
    });
  });

  describe('POST /auth/register', () => {
    it('creates an account and answers 201 with a refresh and an access token, in this order', async () => {
      const person = newPerson();
      const answer = await client.register(credentials(person));
      expect(outcome(answer)).toEqual(answered(201, PAIR));
      expect(answer.text).toMatch(/^\{"refresh":"[^"]+","access":"[^"]+"\}$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(outcome(await client.token(credentials(person)))).toEqual(answered(200, PAIR));
    });

    it('opens a session that refreshes', async () => {
      const { refresh } = await client.newcomer();
      expect(outcome(await client.refresh(refresh))).toEqual(answered(200, PAIR));
    });

    it('answers 409 to a taken name, in whatever case, and leaves its owner alone', async () => {
      const { person } = await client.newcomer();
      const taken = answered(409, { detail: 'User already exists' });
      for (const username of [person.username, person.username.toUpperCase()]) {
        expect(outcome(await client.register({ username, password: 'Another1234' }))).toEqual(taken);
      }
      expect(outcome(await client.token(credentials(person)))).toEqual(answered(200, PAIR));
    });
  });

  describe('an Authorization header where none is asked for', () => {
    const HEADERS = { authorization: 'Bearer null' };
    const post = async (path: string, body: object): Promise<object> =>
      outcome(await client.send('POST', path, { body, headers: HEADERS }));

    it('is ignored', async () => {
      const person = newPerson();
      expect(await post('/auth/register', credentials(person))).toEqual(answered(201, PAIR));
      expect(await post('/auth/token', credentials(person))).toEqual(answered(200, PAIR));
      const { refresh } = pairOf(await client.token(credentials(person)));
      expect(await post('/auth/token/verify', { token: refresh })).toEqual(answered(200, {}));
      expect(await post('/auth/token/refresh', { token: refresh })).toEqual(answered(200, {}));
      expect(await post('/auth/token/refresh', { refresh })).toEqual(answered(200, PAIR));
    });
  });

  describe('any route', () => {
    it.each(
      ['/auth/token', '/auth/token/refresh', '/auth/token/verify'].flatMap((path) =>
        ['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, path] as const),
      ),
    )('answers 405 to %s %s', async (method, path) => {
      const answer = await client.send(method, path);
      expect(outcome(answer)).toEqual(answered(405, { detail: `Method "${method}" not allowed.` }));
      expect(answer.headers.allow).toBe('POST');
    });

    it.each(['/auth/token/', '/auth/token/nothing', '/auth/tokens'])('answers 404 at %s', async (path) => {
      const notFound = answered(404, { detail: 'Not found.' });
      expect(outcome(await client.send('GET', path))).toEqual(notFound);
      expect(outcome(await client.post(path, {}))).toEqual(notFound);
    });

    it('answers 500 with a fixed text, and tells the log why', async () => {
      vi.spyOn(service.app.get(UsersService), 'findByName').mockRejectedValueOnce(new Error('a bug of ours'));
      const answer = await client.token(credentials(newPerson()));
      expect(outcome(answer)).toEqual(answered(500, { detail: 'A server error occurred.' }));
      const lines = service.log.filter(({ id }) => id === answer.headers['x-request-id']);
      expect(JSON.stringify(lines)).toContain('a bug of ours');
    });
  });

  describe('the document', () => {
    const DATA = { username: 'my_username', password: 'my_password' };
    const REQUIRED = { username: ['this field is required'], password: ['this field is required'] };

    it('prints requests and answers that are true letter for letter', async () => {
      const post = async (path: string, fields: Record<string, string>): Promise<object> =>
        outcome(await client.send('POST', path, form(fields)));
      expect(await post('/auth/register', DATA)).toEqual(answered(201, PAIR));
      expect(await post('/auth/register', {})).toEqual(answered(400, REQUIRED));
      expect(await post('/auth/register', DATA)).toEqual(answered(409, { detail: 'User already exists' }));
      expect(await post('/auth/token', DATA)).toEqual(answered(200, PAIR));
      expect(await post('/auth/token', {})).toEqual(answered(400, REQUIRED));
      expect(await post('/auth/token', { ...DATA, password: 'x' })).toEqual(
        answered(401, { detail: 'No active account found with the given credentials' }),
      );
      const { refresh, access } = pairOf(await client.token(DATA));
      expect(await post('/auth/token/refresh', { refresh })).toEqual(answered(200, PAIR));
      expect(await post('/auth/token/refresh', {})).toEqual(answered(400, { refresh: ['this field is required'] }));
      expect(await post('/auth/token/refresh', { refresh: '<refresh-token>' })).toEqual(INVALID);
      expect(await post('/auth/token/verify', { refresh: access })).toEqual(answered(200, {}));
      expect(await post('/auth/token/verify', {})).toEqual(answered(400, { token: ['this field is required'] }));
      expect(await post('/auth/token/verify', { refresh: '<refresh-token>' })).toEqual(INVALID);
      expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(answered(200, { username: 'my_username' }));
      expect(outcome(await client.getUser('Bearer <access-token>'))).toEqual(
        notValidInHeader('Token is invalid or expired'),
      );
    });
  });
});
