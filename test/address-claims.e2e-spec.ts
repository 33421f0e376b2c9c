import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountSeen, newAdmin, SOME_TIME, somebody } from './support/admins.js';
import { accountOf, deactivate } from './support/accounts.js';
import { BasicClient, LOGIN_FAILED, outcome, refused, signedIn, UNVERIFIED } from './support/basic.client.js';
import {
  askForLinks,
  claim,
  claimants,
  confirmWith,
  linksTo,
  look,
  press,
  registerThrough,
  WITH_ADDRESS,
} from './support/claims.js';
import { CookieClient, refused as cookieRefused, STRONG_PASSWORD } from './support/cookie.client.js';
import { send } from './support/http.js';
import { from, LIMITED, newNetwork } from './support/networks.js';
import { mailedUrl, mailsTo } from './support/outbox.js';
import { newPerson, type Person } from './support/people.js';
import { heading, page } from './support/reset.js';
import { type Service, startService } from './support/service.js';
import { trailOf } from './support/trail.js';
import { whole } from './support/whole.js';

const CONFIRMED = page(200, 'Address confirmed');
const QUESTION = page(200, 'Confirm your e-mail address');
const ASKED = page(403, 'Confirm your e-mail address');
const DEAD = page(410, 'This link does not work any more');

const KNOWN = refused(400, 'Account already registered for that email');

let service: Service;
let basic: BasicClient;
let cookie: CookieClient;

function use(started: Service): void {
  service = started;
  basic = new BasicClient(`${started.url}/basic`);
  cookie = new CookieClient(`${started.url}/cookie`);
}

/** Two people who claim one address, the first through basic, the other through cookie, with their links. */
async function rivals(): Promise<{ email: string; pending: Person; baker: Person; links: string[] }> {
  const { email } = newPerson();
  const pending = await claim(service, 'basic', email);
  const baker = await claim(service, 'cookie', email);
  await askForLinks(service, email);
  return { email, pending, baker, links: await linksTo(service, email) };
}

describe('An address that nobody has proved', () => {
  beforeAll(async () => use(await startService({ MAIL_QUIET: '0s' })));
  afterAll(() => service.stop());

  it('is taken by every registration, whoever claimed it before', async () => {
    const { email } = newPerson();
    for (const contract of [...WITH_ADDRESS, ...WITH_ADDRESS]) await claim(service, contract, email.toUpperCase());

    expect(await claimants(service, email)).toHaveLength(4);
  });

  it('is no secret: whoever registers with it is answered as with any other', async () => {
    const { email } = newPerson();
    for (const answers of [[email, email], [newPerson().email]].map((emails) => emails.at(-1)!)) {
      const answer = await basic.register({ email: answers, password: 'Secret1234' });
      expect(outcome(answer)).toEqual(signedIn(`Account registered for ${answers}`));
    }
  });

  it('is confirmed by its button alone while one account claims it', async () => {
    const person = await claim(service, 'basic', newPerson().email);
    const url = await mailedUrl(service, person.email);

    expect((await send('GET', url)).text).not.toContain('type="password"');
    expect(await press(url)).toEqual(CONFIRMED);
  });

  it('asks for the password of the account of the link where claims compete, without script', async () => {
    const { email, baker, pending, links } = await rivals();
    const [url] = links as [string];

    const shown = await send('GET', url);
    expect(heading(shown)).toEqual(QUESTION);
    expect(shown.text).toContain('<form method="post">');
    expect(shown.text).toContain('<input type="password" name="password" autocomplete="current-password" required>');
    expect(shown.text).not.toMatch(/javascript:|\son\w+=|<link|src=|href=/i);

    const missing = await send('POST', url);
    expect(heading(missing)).toEqual(ASKED);
    expect(missing.text).toContain('The password of that account is needed.');
    const wrong = await confirmWith(url, pending.password);
    expect(heading(wrong)).toEqual(ASKED);
    expect(wrong.text).toContain('This is not the password of that account.');
    expect(wrong.text).not.toContain(pending.password);
    expect(await claimants(service, email)).toHaveLength(2);

    expect(heading(await send('POST', url, { body: { password: baker.password } }))).toEqual(CONFIRMED);
    for (const link of links) expect([await look(link), await press(link)]).toEqual([DEAD, DEAD]);
  });

  it('is compared with the newest claim alone at a sign-in, in one look-up', async () => {
    const { email } = newPerson();
    const older = await claim(service, 'cookie', email);
    const newer = await claim(service, 'basic', email);

    expect(outcome(await basic.login(older))).toEqual(LOGIN_FAILED);
    expect(outcome(await basic.login(newer))).toEqual(UNVERIFIED);
    expect(await linksTo(service, email)).toHaveLength(1);
    expect((await cookie.login(older)).status).toBe(200);
  });

  it('is nobody’s through an account that is deactivated', async () => {
    const { email } = newPerson();
    const older = await claim(service, 'basic', email);
    const newer = await claim(service, 'cookie', email);
    await deactivate(service, newer);

    expect(outcome(await basic.login(older))).toEqual(UNVERIFIED);
    expect(await press(await mailedUrl(service, email))).toEqual(CONFIRMED);
  });
});

describe('The password that a contested link asks for', () => {
  beforeAll(async () => use(await startService({ ...LIMITED, MAIL_QUIET: '0s', SIGN_IN_LIMIT: '3/15m' })));
  afterAll(() => service.stop());

  it('is under the budgets of sign-ins, and the link stays good', async () => {
    const { links, baker } = await rivals();
    const ip = newNetwork();
    const tryWith = async (password: string, address = ip): Promise<number> =>
      (await send('POST', links[0]!, from(address, { body: { password } }))).status;

    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push(await tryWith('NotMine1234#'));

    expect(statuses).toEqual([403, 403, 403, 429]);
    expect(await tryWith(baker.password)).toBe(429);
    expect(await tryWith(baker.password, newNetwork())).toBe(200);
  });

  it('is in the trail where it was wrong', async () => {
    const { links, baker } = await rivals();
    await confirmWith(links[0]!, 'NotMine1234#');

    const { id } = await accountOf(service, baker);
    expect(await trailOf(service, id, 'email_verified')).toMatchObject([{ refusal: 'current_password_wrong' }]);
  });
});

describe('With EMAIL_VERIFICATION=off', () => {
  beforeEach(async () => {
    use(await startService({ EMAIL_VERIFICATION: 'off' }));
    return () => service.stop();
  });

  it('to register is to prove: an address is one account’s', async () => {
    for (const contract of WITH_ADDRESS) {
      const person = await claim(service, contract, newPerson().email);
      const again = { ...newPerson(STRONG_PASSWORD), email: person.email };

      expect(outcome(await basic.register(again))).toEqual(KNOWN);
      expect(whole(await cookie.register(again))).toEqual(cookieRefused(409, 'email is taken'));
      expect(outcome(await basic.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    }
  });

  it('one of those who race for an address gets it', async () => {
    const { email } = newPerson();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        registerThrough(service, n % 2 === 0 ? 'basic' : 'cookie', { ...newPerson(STRONG_PASSWORD), email }),
      ),
    );

    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(await claimants(service, email)).toHaveLength(1);
  });

  it('an operator gives an account an address without a link, a closed one too', async () => {
    const admin = await newAdmin(service);
    const { id, person } = await somebody(service);
    for (const status of ['active', 'deactivated']) {
      const { email } = newPerson();
      await admin.change(id, { status });
      expect(whole(await admin.send('POST', `/admin/users/${id}/email`, { body: { email } }))).toEqual({
        status: 200,
        body: accountSeen({ id, username: person.username, email, email_verified_at: SOME_TIME, status }),
      });
      expect(await mailsTo(service, email)).toEqual([]);
      const [event] = await admin.events(`account=${id}&kind=email_set`);
      expect(event).toMatchObject({ detail: { email_verified: true } });
    }
  });

  it('claims of deactivated accounts are no proofs', async () => {
    use(await service.restart({ EMAIL_VERIFICATION: 'on' }));
    const { email } = newPerson();
    const [closed, newer] = [await claim(service, 'cookie', email), await claim(service, 'basic', email)];
    await deactivate(service, closed);

    use(await service.restart({ EMAIL_VERIFICATION: 'off' }));
    expect(outcome(await basic.login(newer))).toEqual(signedIn(`Login for ${email} succesful`));
  });

  it('claims of before are proofs, the oldest of each address, and have to be proved once it is on again', async () => {
    use(await service.restart({ EMAIL_VERIFICATION: 'on' }));
    const { email } = newPerson();
    const [older, newer] = [await claim(service, 'cookie', email), await claim(service, 'basic', email)];

    use(await service.restart({ EMAIL_VERIFICATION: 'off' }));
    expect(outcome(await basic.login(newer))).toEqual(LOGIN_FAILED);
    expect(outcome(await basic.login(older))).toEqual(signedIn(`Login for ${email} succesful`));
    expect(outcome(await basic.register({ email, password: 'Secret1234' }))).toEqual(KNOWN);

    use(await service.restart({ EMAIL_VERIFICATION: 'on' }));
    expect(outcome(await basic.register({ email, password: 'Secret1234' }))).toEqual(
      signedIn(`Account registered for ${email}`),
    );

    use(await service.restart({ EMAIL_VERIFICATION: 'off' }));
    expect(outcome(await basic.login(older))).toEqual(signedIn(`Login for ${email} succesful`));
  });
});
