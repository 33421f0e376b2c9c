import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { answered, INVALID, MOUNTS, outcome, pairOf, TokenPairClient } from '../support/token-pair.client.js';

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;
const PAIR = { refresh: JWT, access: JWT };
const WRONG = answered(401, { detail: 'No active account found with the given credentials' });

describe.each(MOUNTS)('token-pair at $mount', ({ base }) => {
  let service: Service;
  let client: TokenPairClient;

  beforeAll(async () => {
    service = await startService();
    client = new TokenPairClient(service.url, base);
  });

  afterAll(() => service.stop());

  describe('a number in a field', () => {
    const sendJson = (path: string, body: string): Promise<object> =>
      client.send('POST', path, { body, headers: { 'content-type': 'application/json' } }).then(outcome);
    const digits = (): string => String(Math.floor(Math.random() * 9e14) + 1e14);

    it('counts as its decimal text', async () => {
      const username = digits();
      expect(await sendJson('/auth/register', `{"username":${username},"password":12345678}`)).toEqual(
        answered(201, PAIR),
      );
      expect(outcome(await client.token({ username, password: '12345678' }))).toEqual(answered(200, PAIR));
      expect(outcome(await client.token({ username: Number(username), password: 12345678 }))).toEqual(
        answered(200, PAIR),
      );
      const { access } = pairOf(await client.token({ username, password: 12345678 }));
      expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(answered(200, { username }));
    });

    it.each(['0', '-7', '0.25', '12345678901234567890', '123456789012345678901234567890'])(
      'counts as its text digit for digit: %s',
      async (number) => {
        const { username } = newPerson();
        expect(await sendJson('/auth/register', `{"username":"${username}","password":${number}}`)).toEqual(
          answered(201, PAIR),
        );
        expect(outcome(await client.token({ username, password: number }))).toEqual(answered(200, PAIR));
        expect(outcome(await client.token({ username, password: `${number}1` }))).toEqual(WRONG);
      },
    );

    it('is not taken for another number that is as large', async () => {
      const { username } = newPerson();
      await sendJson('/auth/register', `{"username":"${username}","password":12345678901234567890}`);
      expect(await sendJson('/auth/token', `{"username":"${username}","password":12345678901234567891}`)).toEqual(
        WRONG,
      );
    });

    it('stays what it is inside a text', async () => {
      const { username } = newPerson();
      const password = String.raw`a "1": 2, \"3\" : 4 \\`;
      expect(outcome(await client.register({ username, password, other: 5 }))).toEqual(answered(201, PAIR));
      expect(outcome(await client.token({ username, password }))).toEqual(answered(200, PAIR));
    });

    it('is no token', async () => {
      expect(await sendJson('/auth/token/refresh', '{"refresh":5}')).toEqual(INVALID);
      expect(await sendJson('/auth/token/verify', '{"token":5}')).toEqual(INVALID);
    });
  });
});
