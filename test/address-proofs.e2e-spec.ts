import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { User } from '../src/users/user.entity.js';
import { accountOf } from './support/accounts.js';
import { newAdmin } from './support/admins.js';
import {
  BasicClient,
  LOGIN_FAILED,
  outcome,
  refused,
  refusedToken,
  signedIn,
  tokensOf,
} from './support/basic.client.js';
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
import { changeEmail, changeUrl, verifiedHolder } from './support/email-change.js';
import { confirm, mailedUrl, mailsTo } from './support/outbox.js';
import { newPerson, type Person } from './support/people.js';
import { problem } from './support/problems.js';
import { askForReset, heading, NEW_PASSWORD, page, setPassword } from './support/reset.js';
import { type Service, startService } from './support/service.js';
import { trailOf } from './support/trail.js';
import { whole } from './support/whole.js';

const CONFIRMED = page(200, 'Address confirmed');
const DEAD = page(410, 'This link does not work any more');
const PASSWORD_SET = page(200, 'New password set');

const KNOWN = refused(400, 'Account already registered for that email');

let service: Service;
let basic: BasicClient;
let cookie: CookieClient;

function use(started: Service): void {
  service = started;
  basic = new BasicClient(`${started.url}/basic`);
  cookie = new CookieClient(`${started.url}/cookie`);
}

describe('The proof of an address', () => {
  beforeAll(async () => use(await startService({ MAIL_QUIET: '0s' })));
  afterAll(() => service.stop());

  it('is taken from every other claim by the proof, and the pending accounts that made one are removed', async () => {
    const { email } = newPerson();
    const attacker = await basic.register({ email, password: 'Secret1234' });
    const { baker, links } = await (async () => {
      const owner = await claim(service, 'cookie', email);
      await askForLinks(service, email);
      return { baker: owner, links: await linksTo(service, email) };
    })();
    const other = await claim(service, 'cookie', email);
    const session = await cookie.session(baker);
    const otherSession = await cookie.session(other);
    const [{ id: removed }] = (await claimants(service, email)) as [User];

    expect(heading(await confirmWith(links[0]!, baker.password))).toEqual(CONFIRMED);

    expect((await claimants(service, email)).map(({ username }) => username)).toEqual([baker.username]);
    expect(await accountOf(service, other)).toMatchObject({ email: null, status: 'active', emailClaimedAt: null });
    expect(outcome(await basic.refresh(tokensOf(attacker).refresh_token))).toEqual(
      refusedToken(401, 'Token has been revoked'),
    );
    for (const token of [session, otherSession]) expect((await cookie.me(token)).status).toBe(200);
    const { id } = await accountOf(service, baker);
    expect(await trailOf(service, id, 'email_verified')).toMatchObject([
      { detail: JSON.stringify({ claims_ended: 2, claimed_by: [removed, (await accountOf(service, other)).id] }) },
    ]);
  });

  it('ends no session of the account that is confirmed', async () => {
    const { email } = newPerson();
    await claim(service, 'cookie', email);
    const { refresh_token } = tokensOf(await basic.register({ email, password: 'Secret1234' }));

    expect(heading(await confirmWith(await mailedUrl(service, email), 'Secret1234'))).toEqual(CONFIRMED);

    expect((await basic.refresh(refresh_token)).status).toBe(200);
  });

  it('is proved by a new password, which takes it from every other claim', async () => {
    const { email } = newPerson();
    const pending = await claim(service, 'basic', email);
    const baker = await claim(service, 'cookie', email);
    await askForReset(service, email);
    const [, url] = (await linksTo(service, email)) as [string, string];

    expect(heading(await setPassword(url))).toEqual(PASSWORD_SET);

    expect(outcome(await basic.login({ email, password: NEW_PASSWORD }))).toEqual(
      signedIn(`Login for ${email} succesful`),
    );
    expect(outcome(await basic.login(pending))).toEqual(LOGIN_FAILED);
    expect(await accountOf(service, baker)).toMatchObject({ email: null, emailKey: null });
  });

  it.each([
    ['confirmed', askForLinks, (link: string, { password }: Person) => confirmWith(link, password)],
    ['used for a new password', askForReset, (link: string) => setPassword(link)],
  ])('is proved once when all its links are %s at once', async (_, ask, follow) => {
    const { email } = newPerson();
    const people: Person[] = [];
    for (let n = 0; n < 8; n++) people.push(await claim(service, n % 2 === 0 ? 'cookie' : 'basic', email));
    await ask(service, email);
    const links = await linksTo(service, email);
    const newestFirst = people.toReversed();

    const answers = await Promise.all(links.map((link, n) => follow(link, newestFirst[n]!)));

    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, ...Array<number>(7).fill(410)]);
    const winner = newestFirst[answers.findIndex(({ status }) => status === 200)]!;
    const [holder, ...others] = await claimants(service, email);
    expect(others).toEqual([]);
    expect(holder?.emailVerifiedAt).not.toBeNull();
    expect([winner.username, email]).toContain(holder?.username);
  });

  it('has no claim left, however a registration races with its proof', async () => {
    for (let time = 0; time < 5; time++) {
      const owner = await claim(service, 'basic', newPerson().email);
      const url = await mailedUrl(service, owner.email);

      const [proof, ...others] = await Promise.all([
        confirmWith(url, owner.password),
        ...WITH_ADDRESS.map((contract) =>
          registerThrough(service, contract, { ...newPerson(STRONG_PASSWORD), email: owner.email }),
        ),
      ]);

      expect(heading(proof)).toEqual(CONFIRMED);
      for (const { status } of others) expect([200, 201, 400, 409]).toContain(status);
      expect((await claimants(service, owner.email)).map(({ emailVerifiedAt }) => emailVerifiedAt !== null)).toEqual([
        true,
      ]);
    }
  });
});

describe('An address that somebody proved', () => {
  beforeAll(async () => use(await startService({ MAIL_QUIET: '0s' })));
  afterAll(() => service.stop());

  it('is known to every contract that takes addresses, however it is written', async () => {
    const { person } = await basic.newcomer();
    await confirm(service, person.email);
    const again = { ...newPerson(STRONG_PASSWORD), email: person.email.toUpperCase() };

    expect(outcome(await basic.register(again))).toEqual(KNOWN);
    expect(whole(await cookie.register(again))).toEqual(cookieRefused(409, 'email is taken'));
    const admin = await newAdmin(service);
    for (const email_verified of [true, false])
      expect(
        whole(
          await admin.send('POST', '/admin/users', {
            body: { email: again.email, password: 'x y z 123', email_verified },
          }),
        ),
      ).toEqual(problem('email_taken'));
  });

  it('may be claimed again once its account has another or is gone', async () => {
    const holder = await verifiedHolder(service);
    const { email } = holder.person;
    await press(await changeUrl(service, holder, holder.other));

    for (const contract of WITH_ADDRESS) await claim(service, contract, email);

    expect(await claimants(service, email)).toHaveLength(2);
  });

  it('stays with its account when an operator proves what another one claims', async () => {
    const admin = await newAdmin(service);
    const { email } = newPerson();
    const [baker, pending] = [await claim(service, 'cookie', email), await claim(service, 'basic', email)];
    const { id } = await accountOf(service, baker);

    expect((await admin.change(id, { email_verified: true })).json).toMatchObject({ id, email });

    expect((await claimants(service, email)).map((user) => user.id)).toEqual([id]);
    expect(outcome(await basic.login(pending))).toEqual(LOGIN_FAILED);
    expect(outcome(await basic.login(baker))).toEqual(signedIn(`Login for ${email} succesful`));
  });

  it('opens its account alone, whatever claim a crash left beside it', async () => {
    const admin = await newAdmin(service);
    const { email } = newPerson();
    const [owner, rival] = [await claim(service, 'basic', email), await claim(service, 'cookie', email)];
    await askForLinks(service, email);
    const [rivalLink] = (await linksTo(service, email)) as [string];
    const users = service.app.get(DataSource).getRepository(User);
    const [{ id }] = (await claimants(service, email)) as [User];
    await users.update({ id }, { emailVerifiedAt: new Date(), status: 'active' });

    expect(outcome(await basic.login(owner))).toEqual(signedIn(`Login for ${email} succesful`));
    expect(outcome(await basic.login(rival))).toEqual(LOGIN_FAILED);
    expect(await look(rivalLink)).toEqual(DEAD);
    expect(heading(await confirmWith(rivalLink, rival.password))).toEqual(DEAD);
    const rivalId = (await accountOf(service, rival)).id;
    expect(whole(await admin.change(rivalId, { email_verified: true }))).toEqual(problem('email_taken'));
  });

  it('is not mailed to for an account that asks for it', async () => {
    const { person } = await basic.newcomer();
    await confirm(service, person.email);
    const holder = await verifiedHolder(service);
    const before = (await mailsTo(service, person.email)).length;

    expect((await changeEmail(service, holder, person.email)).status).toBe(202);

    expect(await mailsTo(service, person.email)).toHaveLength(before);
  });
});
