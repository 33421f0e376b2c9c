import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenPair } from './drivers/token-pair.driver.js';
import { AccountClient } from './support/account.client.js';
import { accountOf } from './support/accounts.js';
import { newAdmin } from './support/admins.js';
import {
  BasicClient,
  LOGIN_FAILED,
  outcome,
  refusedToken,
  signedIn,
  tokensOf,
  UNVERIFIED,
} from './support/basic.client.js';
import {
  askForLinks,
  claim,
  confirmWith,
  linksTo,
  registerThrough,
  WITH_ADDRESS,
  type WithAddress,
} from './support/claims.js';
import { CookieClient, STRONG_PASSWORD } from './support/cookie.client.js';
import { changeEmail } from './support/email-change.js';
import { send } from './support/http.js';
import { mailedUrl, mailsTo, urlOf } from './support/outbox.js';
import { newPerson, type Person } from './support/people.js';
import { askForReset, heading, NEW_PASSWORD, page, setPassword } from './support/reset.js';
import { type Service, startService } from './support/service.js';

const CONFIRMED = page(200, 'Address confirmed');
const ASKED = page(403, 'Confirm your e-mail address');
const DEAD = page(410, 'This link does not work any more');

let service: Service;
let basic: BasicClient;
let cookie: CookieClient;

beforeAll(async () => {
  service = await startService({ MAIL_QUIET: '0s' });
  basic = new BasicClient(`${service.url}/basic`);
  cookie = new CookieClient(`${service.url}/cookie`);
});
afterAll(() => service.stop());

/** The link to confirm the address for the newest account that claims it. */
async function linkOfNewest(email: string): Promise<string> {
  await askForLinks(service, email);
  return (await linksTo(service, email))[0]!;
}

/** Whoever registered last with an address proves it, with their own password. */
async function prove(owner: Person): Promise<void> {
  expect(heading(await confirmWith(await linkOfNewest(owner.email), owner.password))).toEqual(CONFIRMED);
}

async function opensBasic({ email }: Person, password: string): Promise<boolean> {
  return (await basic.login({ email, password })).status === 200;
}

const pairs = WITH_ADDRESS.flatMap((attackers) => WITH_ADDRESS.map((owners) => ({ attackers, owners })));

/**
 * The five classes of A. Sudhodanan and A. Paverd, "Pre-hijacked accounts" (USENIX Security 2022). Where they have an
 * identity provider, Latchkey has another contract of the same store, and an operator who vouches for addresses.
 */
describe.each(pairs)(
  'Somebody who registers through $attackers with the address of an owner',
  ({ attackers, owners }) => {
    async function meet(): Promise<{ attacker: Person; owner: Person }> {
      const attacker = await claim(service, attackers, newPerson().email);
      return { attacker, owner: await claim(service, owners, attacker.email) };
    }

    it(`is not merged with the owner, who registers through ${owners} (classic-federated merge)`, async () => {
      const { attacker, owner } = await meet();
      expect(outcome(await basic.login({ ...owner, password: attacker.password }))).toEqual(LOGIN_FAILED);

      await prove(owner);

      expect(await opensBasic(owner, attacker.password)).toBe(false);
      expect(await opensBasic(owner, owner.password)).toBe(true);
    });

    it('keeps no session of the account that the owner has (unexpired session)', async () => {
      const attacker = { ...newPerson(STRONG_PASSWORD) };
      const answer = await registerThrough(service, attackers, attacker);
      const session = attackers === 'cookie' ? await cookie.session(attacker) : tokensOf(answer).refresh_token;
      const owner = await claim(service, owners, attacker.email);

      await prove(owner);

      const { access_token } = tokensOf(await basic.login(owner));
      const { json } = await send('GET', `${service.url}/account`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
      expect(json).toMatchObject({ email: owner.email, email_verified: true });
      if (attackers === 'basic')
        expect(outcome(await basic.refresh(session))).toEqual(refusedToken(401, 'Token has been revoked'));
      else expect((await cookie.me(session)).json).not.toMatchObject({ id: (json as { id: number }).id });
    });

    it('keeps no session either if the owner takes that account over by a new password (unexpired session)', async () => {
      const attacker = newPerson(STRONG_PASSWORD);
      const answer = await registerThrough(service, attackers, attacker);
      const session = attackers === 'cookie' ? await cookie.session(attacker) : tokensOf(answer).refresh_token;
      await askForReset(service, attacker.email);
      await setPassword(await mailedUrl(service, attacker.email));

      expect(await opensBasic(attacker, NEW_PASSWORD)).toBe(true);
      expect(await opensBasic(attacker, attacker.password)).toBe(false);
      const { status } = attackers === 'basic' ? await basic.refresh(session) : await cookie.me(session);
      expect(status).toBe(401);
    });

    it('leaves no name of theirs on the account of the owner (trojan identifier)', async () => {
      const { attacker, owner } = await meet();
      await prove(owner);

      const users = (await (await newAdmin(service)).get(`/admin/users?query=${owner.email}`)).json as {
        users: { username: string }[];
      };
      expect(users.users).toHaveLength(1);
      expect(users.users[0]?.username).toBe(owners === 'basic' ? owner.email : owner.username);
      if (attackers === 'cookie')
        expect(await accountOf(service, attacker)).toMatchObject({
          email: null,
          emailKey: null,
          emailVerifiedAt: null,
        });
    });

    it('proves nothing by a link that the owner follows for their own (trojan identifier)', async () => {
      const { attacker, owner } = await meet();
      await askForLinks(service, owner.email);
      const [, attackersLink] = await linksTo(service, owner.email);

      expect(heading(await send('POST', attackersLink!))).toEqual(ASKED);
      expect(heading(await confirmWith(attackersLink!, owner.password))).toEqual(ASKED);

      expect(await opensBasic(owner, attacker.password)).toBe(false);
      expect(outcome(await basic.login(owner))).toEqual(UNVERIFIED);
    });
  },
);

describe.each(WITH_ADDRESS)('Somebody who asks for the address of an owner who registers through %s', (owners) => {
  async function meet(): Promise<{ owner: Person; change: string }> {
    const { email } = newPerson();
    const attacker = await new AccountClient(() => service, tokenPair).newcomer();
    await changeEmail(service, attacker, email);
    const change = await mailedUrl(service, email);
    return { owner: await claim(service, owners, email), change };
  }

  it('gets it by no link that the owner follows before proving it (unexpired email change)', async () => {
    const { owner, change } = await meet();

    expect(heading(await send('POST', change))).toEqual(ASKED);
    expect(heading(await confirmWith(change, owner.password))).toEqual(ASKED);

    await prove(owner);
    expect(await opensBasic(owner, owner.password)).toBe(true);
  });

  it('gets it by no link that the owner follows after proving it (unexpired email change)', async () => {
    const { owner, change } = await meet();
    await prove(owner);

    expect(heading(await send('GET', change))).toEqual(DEAD);
    expect(heading(await send('POST', change))).toEqual(DEAD);
    expect(await opensBasic(owner, owner.password)).toBe(true);
  });

  it('is named in the mail, with the contract and the time', async () => {
    const { email } = newPerson();
    const attacker = await new AccountClient(() => service, tokenPair).newcomer();
    await changeEmail(service, attacker, email);

    const [mail] = await mailsTo(service, email);
    expect(mail?.text).toMatch(
      new RegExp(
        `^That was through token-pair, as ${attacker.person.username}, on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\.$`,
        'm',
      ),
    );
    expect(
      urlOf(
        service,
        mail!.text!.split('\n').find((line) => line.startsWith('http'))!,
      ),
    ).toMatch(/\/verify\//);
  });
});

describe.each(WITH_ADDRESS)('An address that %s took unproved', (contract: WithAddress) => {
  it('opens nothing and keeps nobody out, though that contract vouches for its accounts (non-verifying IdP)', async () => {
    const attacker = await claim(service, contract, newPerson().email);

    expect(outcome(await basic.login(attacker))).toEqual(UNVERIFIED);
    for (const owners of WITH_ADDRESS) {
      const owner = await claim(service, owners, attacker.email);
      expect(outcome(await basic.login(owner))).toEqual(UNVERIFIED);
      expect(outcome(await basic.login(attacker))).toEqual(LOGIN_FAILED);
    }
  });

  it('is lost to the account for which an operator vouches (non-verifying IdP)', async () => {
    const attacker = await claim(service, contract, newPerson().email);
    const admin = await newAdmin(service);
    const password = 'correct horse 71';

    const created = await admin.send('POST', '/admin/users', {
      body: { email: attacker.email, password, email_verified: true },
    });

    expect(created.status).toBe(201);
    expect(outcome(await basic.login({ email: attacker.email, password }))).toEqual(
      signedIn(`Login for ${attacker.email} succesful`),
    );
    expect(outcome(await basic.login(attacker))).toEqual(LOGIN_FAILED);
  });
});
