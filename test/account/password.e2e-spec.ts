import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import { basic } from '../drivers/basic.driver.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { givenCookies } from '../support/cookies.js';
import type { Answer, Sending } from '../support/http.js';
import { mailsTo } from '../support/outbox.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const DONE = { status: 204, body: undefined };
/** Acceptable anywhere. */
const NEW = 'Vole0Quartz9Plinth';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const clientOf = (driver: Driver): AccountClient => new AccountClient(() => service, driver);
const post = (holder: Pick<Holder, 'headers'>, body: Sending['body']): Promise<Answer> =>
  askAs(service, holder, 'POST', '/account/password', { body });
const posted = async (holder: Holder, body: Sending['body']): Promise<object> => whole(await post(holder, body));
const account = async (holder: Holder): Promise<object> => whole(await askAs(service, holder, 'GET', '/account'));
const IN_USE = expect.objectContaining({ status: 200 }) as object;

describe('POST /account/password', () => {
  it.each(DRIVERS)('changes the password and ends all sessions but that of $name which asks', async (driver) => {
    const client = clientOf(driver);
    const mine = await client.newcomer();
    const other = await client.signIn(mine.person);
    const { accountId, sessionId } = await idsOf(service, mine);
    const { password } = mine.person;

    const answer = await post(mine, { old_password: password, new_password: `${NEW}#` });
    expect(whole(answer)).toEqual(DONE);
    expect(givenCookies(answer)).toEqual([]);
    expect(await account(other)).toEqual(problem('token_revoked'));
    expect(await account(mine)).toEqual(IN_USE);
    expect(await trailOf(service, accountId, 'password_changed')).toEqual([
      expect.objectContaining({ door: 'account', actorId: accountId, sessionId, refusal: null, detail: null }),
    ]);
  });

  it.each(DRIVERS.filter(({ name }) => name !== 'cookie'))(
    'lets the new password sign in through $name, and the old one no more',
    async (driver) => {
      const client = clientOf(driver);
      const mine = await client.newcomer();
      await post(mine, { old_password: mine.person.password, new_password: NEW });
      const signIn = (password: string): Promise<Answer> => client.ask(driver.signIn({ ...mine.person, password }));
      expect((await signIn(NEW)).status).toBe(driver.signedIn(mine.person).status);
      expect(whole(await signIn(mine.person.password))).toEqual(driver.refusals.wrongPassword);
    },
  );

  it('goes on with the refresh token of the session that asked, and of no other', async () => {
    const client = clientOf(basic);
    const mine = await client.newcomer();
    const other = await client.signIn(mine.person);
    await post(mine, { old_password: mine.person.password, new_password: NEW });
    const refresh = async ({ signedIn }: Holder): Promise<Answer> =>
      client.ask(basic.guarded(basic.credential(signedIn)));
    expect((await refresh(mine)).status).toBe(200);
    expect(whole(await refresh(other))).toEqual(basic.refusals.deactivatedToken);
  });

  it('refuses a wrong old password, records it, and changes nothing', async () => {
    const mine = await clientOf(bareToken).newcomer();
    const other = await clientOf(bareToken).signIn(mine.person);
    const { accountId } = await idsOf(service, mine);
    expect(await posted(mine, { old_password: 'NotMyPassword1', new_password: NEW })).toEqual(
      problem('current_password_wrong'),
    );
    expect(await account(other)).toEqual(IN_USE);
    expect(await trailOf(service, accountId, 'password_changed')).toEqual([
      expect.objectContaining({ refusal: 'current_password_wrong', detail: null, identifierHash: null }),
    ]);
  });

  it.each([
    ['short', 'Vole0Qz'],
    ['empty', ''],
    ['common', 'password123'],
    ['too long', 'x'.repeat(1025)],
    ['a NUL', `${NEW}\0`],
    ['half a surrogate pair', `${NEW}\ud800`],
  ])('refuses a new password that is %s', async (_what, new_password) => {
    const mine = await clientOf(bareToken).newcomer();
    const body = { old_password: mine.person.password, new_password };
    expect(await posted(mine, body)).toEqual(problem('password_invalid'));
    expect((await clientOf(bareToken).signIn(mine.person)).signedIn.status).toBe(200);
  });

  it('takes a long password whole', async () => {
    const mine = await clientOf(bareToken).newcomer();
    const long = NEW.repeat(50);
    expect(await posted(mine, { old_password: mine.person.password, new_password: long })).toEqual(DONE);
    expect(await posted(mine, { old_password: long.slice(0, 72), new_password: NEW })).toEqual(
      problem('current_password_wrong'),
    );
    expect(await posted(mine, { old_password: long, new_password: NEW })).toEqual(DONE);
  });

  it('refuses fields that are missing or no texts', async () => {
    const mine = await clientOf(bareToken).newcomer();
    const [old, other] = [
      ['old_password', 'Must be a text.'],
      ['new_password', 'Must be a text.'],
    ] as const;
    expect(await posted(mine, {})).toEqual(invalidFields(old, other));
    expect(await posted(mine, { old_password: 1, new_password: NEW })).toEqual(invalidFields(old));
    expect(await posted(mine, { old_password: 'x', new_password: ['x'] })).toEqual(invalidFields(other));
    expect(await posted(mine, { old_password: null, new_password: {} })).toEqual(invalidFields(old, other));
  });

  it('refuses a body that is no JSON object, or too large', async () => {
    const mine = await clientOf(bareToken).newcomer();
    expect(whole(await askAs(service, mine, 'POST', '/account/password'))).toEqual(problem('body_malformed'));
    expect(await posted(mine, '{"half')).toEqual(problem('body_malformed'));
    expect(await posted(mine, '[1]')).toEqual(problem('body_not_object'));
    expect(await posted(mine, `"${'x'.repeat(100_001)}"`)).toEqual(problem('body_too_large'));
  });

  it('lets one of two changes through that race', async () => {
    const mine = await clientOf(bareToken).newcomer();
    const old_password = mine.person.password;
    const answers = await Promise.all(
      ['1', '2', '3'].map((end) => posted(mine, { old_password, new_password: NEW + end })),
    );
    expect(answers.filter((answer) => (answer as { status: number }).status === 204)).toHaveLength(1);
    expect(answers).toEqual(expect.arrayContaining([DONE, problem('current_password_wrong')]));
  });

  it('tells the owner of a verified address', async () => {
    const mine = await clientOf(basic).newcomer();
    await post(mine, { old_password: mine.person.password, new_password: NEW });
    const subjects = (await mailsTo(service, mine.person.email)).map(({ subject }) => subject);
    expect(subjects.at(-1)).toBe('Your password was changed');
  });
});

describe('POST /account/password with a stolen token', () => {
  it('compares no more guesses than the budget of sign-ins has, and refuses the others alike', async () => {
    const limited = await startService({ LIMITS: 'on', SIGN_IN_LIMIT: '3/15m' });
    const mine = await new AccountClient(() => limited, bareToken).newcomer();
    const guess = async (old_password: string): Promise<Answer> =>
      askAs(limited, mine, 'POST', '/account/password', { body: { old_password, new_password: NEW } });
    const guesses = await Promise.all(Array.from({ length: 10 }, (_, i) => guess(`Guess${i}xyz`)));
    const right = await guess(mine.person.password);
    await limited.stop();

    expect(guesses.filter(({ status }) => status === 403).map(whole)).toEqual(
      Array.from({ length: 3 }, () => problem('current_password_wrong')),
    );
    for (const answer of [...guesses.filter(({ status }) => status !== 403), right]) {
      expect(whole(answer)).toEqual(problem('too_many_attempts'));
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });
});
