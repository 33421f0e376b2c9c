import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { KnownNetwork } from '../../src/limits/known-network.entity.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { LimitsService } from '../../src/limits/limits.service.js';
import { RateLimit } from '../../src/limits/rate-limit.entity.js';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { accountOf, changeAccount } from '../support/accounts.js';
import { byStatus, Guessing } from '../support/guessing.js';
import type { Answer } from '../support/http.js';
import { AT_FULL_SIZE } from '../support/needs.js';
import { mailsTo } from '../support/outbox.js';
import { resetUrl, setPassword } from '../support/reset.js';
import { LIMITED, newNetwork } from '../support/networks.js';
import type { Person } from '../support/people.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type Environment, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** Sign-ins that come at once: a multiple of ten, far above every budget of an account. */
const AT_ONCE = sized({ small: 60, full: 200 });

const ENGINES = [
  { engine: 'SQLite', options: {} },
  { engine: 'PostgreSQL', options: AT_FULL_SIZE },
] as const;
const [bareToken, , , opaqueToken] = DRIVERS as [Driver, Driver, Driver, Driver, Driver];

for (const { engine, options } of ENGINES)
  describe(`guessing passwords on ${engine}`, options, () => {
    let postgres: Postgres | undefined;
    let they: Guessing;
    let env: Environment = {};

    beforeAll(async () => {
      postgres = engine === 'PostgreSQL' ? await startPostgres() : undefined;
      env = { ...LIMITED, ...(await postgres?.createDatabase('limits')) };
      they = new Guessing(await startService(env));
    });
    afterAll(async () => {
      const errors = they.service.log.filter(({ level }) => level === 'error');
      await they.service.stop();
      await postgres?.stop();
      expect(errors).toEqual([]);
    });

    /** Counts the password comparisons that an act causes. */
    async function comparisons(act: () => Promise<unknown>): Promise<number> {
      const compare = vi.spyOn(they.service.app.get(HashingPool), 'compare');
      await act();
      const { length } = compare.mock.calls;
      compare.mockRestore();
      return length;
    }

    /** Spends the budget of an account that all unknown networks share, ten guesses from each of ten of them. */
    async function spendAccountWide(person: Person, driver = bareToken): Promise<Answer[]> {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => they.guesses(10, driver, person, newNetwork())),
      );
      return answers.flat();
    }

    it.each(DRIVERS)('lets 10 of many parallel wrong ones through to a comparison, at $name', async (driver) => {
      const person = await they.member(driver);
      const ip = newNetwork();
      let answers: Answer[] = [];

      const compared = await comparisons(async () => {
        answers = await they.guesses(AT_ONCE, driver, person, ip);
      });

      expect(compared).toBe(10);
      expect(byStatus(answers)).toEqual({ [driver.refusals.wrongPassword.status]: 10, 429: AT_ONCE - 10 });
      expect((await they.signIn(driver, person, ip)).status).toBe(429);
      expect(whole(await they.signIn(driver, person, newNetwork()))).toEqual(driver.signedIn(person));
    });

    it('lets 10 through for each of two names when they try all doors at once', async () => {
      const person = await they.memberOfAll();
      const ip = newNetwork();
      let answers: Answer[] = [];

      const compared = await comparisons(async () => {
        answers = (
          await Promise.all(DRIVERS.map((driver) => they.guesses(AT_ONCE / DRIVERS.length, driver, person, ip)))
        ).flat();
      });

      // The contracts that sign in by address try another name than the others.
      expect(compared).toBe(20);
      expect(byStatus(answers)[429]).toBe(AT_ONCE - 20);
    });

    it.each(DRIVERS)('answers at $name a name that nobody has as one that somebody has', async (driver) => {
      const people = [await they.member(driver), driver.newPerson()];
      const ips = [newNetwork(), newNetwork()];
      const [known, unknown] = await Promise.all(
        people.map(async (person, i) => {
          const answers = await they.guesses(20, driver, person, ips[i] as string);
          return [byStatus(answers), shown(answers.filter(({ status }) => status === 429))] as const;
        }),
      );
      const { wrongPassword, unknownAccount } = driver.refusals;
      expect(known?.[0]).toEqual({ [wrongPassword.status]: 10, 429: 10 });
      expect(unknown?.[0]).toEqual({ [unknownAccount.status]: 10, 429: 10 });
      expect(known?.[1]).toEqual(unknown?.[1]);
      expect(known?.[1]).toHaveLength(1);
    });

    it('counts a name however it is written', async () => {
      const ip = newNetwork();
      for (const person of [await they.member(bareToken), bareToken.newPerson()]) {
        await they.guesses(10, bareToken, person, ip);
        expect((await they.guess(bareToken, bareToken.inAnotherCase(person), ip)).status).toBe(429);
      }
    });

    it('lets 50 through from one address over many accounts', async () => {
      const ip = newNetwork();
      const people = Array.from({ length: 40 }, () => bareToken.newPerson());
      const answers = await Promise.all(people.map((person) => they.guesses(5, bareToken, person, ip)));
      expect(byStatus(answers.flat())).toEqual({ 401: 50, 429: 150 });
      expect((await they.guess(bareToken, bareToken.newPerson(), ip)).headers['ratelimit-policy']).toBe(
        '"sign-in-address";q=50;w=900',
      );
    });

    it('lets 100 through at one account in an hour over many networks, if no link could let its owner in', async () => {
      const person = await they.member(bareToken);
      const user = await accountOf(they.service, person);
      await they.service.app.get(KnownNetworks).forget(user.id);
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => they.guesses(5, bareToken, person, newNetwork())),
      );
      expect(byStatus(answers.flat())).toEqual({ 401: 100, 429: 100 });
      const refused = await they.signIn(bareToken, person, newNetwork());
      expect(refused.headers['ratelimit-policy']).toBe('"sign-in-account";q=100;w=3600');
    });

    it('lets strangers fail 100 times in a row, over days, and then only whoever follows a reset link', async () => {
      const person = await they.member(bareToken);
      const email = `${person.username}@example.com`;
      await changeAccount(they.service, person, { email, emailKey: email, emailVerifiedAt: new Date() });
      for (let day = 0; day < 10; day++) {
        expect(byStatus(await they.guesses(10, bareToken, person, newNetwork()))).toEqual({ 401: 10 });
        // A mail that is under way is tried again after two minutes.
        await they.service.app.get(MailDelivery).settled();
        they.service.advance(86_400);
      }
      const refused = await they.signIn(bareToken, person, newNetwork());
      expect([refused.status, refused.headers['ratelimit-policy']]).toEqual([429, '"sign-in-row";q=100;w=2592000']);
      await expect
        .poll(async () => (await mailsTo(they.service, email)).map(({ subject }) => subject))
        .toEqual(['Somebody tries your password']);

      const password = 'Borealis 17 aurora';
      expect((await setPassword(await resetUrl(they.service, email), password)).status).toBe(200);
      expect((await they.signIn(bareToken, { ...person, password }, newNetwork())).status).toBe(200);
    });

    it('begins to count anew after a right password, and forgets 30 days after the last failure', async () => {
      const person = await they.member(bareToken);
      const fail = async (): Promise<object> =>
        byStatus(
          (
            await Promise.all(Array.from({ length: 10 }, () => they.guesses(9, bareToken, person, newNetwork())))
          ).flat(),
        );
      expect(await fail()).toEqual({ 401: 90 });
      expect((await they.signIn(bareToken, person, newNetwork())).status).toBe(200);
      expect(await fail()).toEqual({ 401: 90 });
      they.service.advance(30 * 86_400 + 1);
      expect(await fail()).toEqual({ 401: 90 });
    });

    it('does not shut the owner out of a network that the account knows, however much strangers guess', async () => {
      const person = await they.member(bareToken);
      const home = newNetwork();
      await they.signIn(bareToken, person, home);
      await they.service.app.get(KnownNetworks).flush();
      await spendAccountWide(person);

      expect((await they.signIn(bareToken, person, newNetwork())).status).toBe(429);
      expect((await they.signIn(bareToken, person, home)).status).toBe(200);
      expect((await they.signIn(bareToken, person, home.replace(/\d+$/, '77'))).status).toBe(200);
    });

    it('spends nothing of other budgets on what is refused', async () => {
      const person = await they.member(bareToken);
      const [attacker, elsewhere] = [newNetwork(), newNetwork()];
      await they.guesses(10, bareToken, person, attacker);
      await they.guesses(AT_ONCE, bareToken, person, attacker);
      // Ten of the address's fifty are spent, and ten of the account's hundred.
      const others = await Promise.all(
        Array.from({ length: 5 }, () => they.guesses(8, bareToken, bareToken.newPerson(), attacker)),
      );
      expect(byStatus(others.flat())).toEqual({ 401: 40 });
      const more = await Promise.all(
        Array.from({ length: 9 }, () => they.guesses(10, bareToken, person, newNetwork())),
      );
      expect(byStatus(more.flat())).toEqual({ 401: 90 });
      expect((await they.guess(bareToken, person, elsewhere)).status).toBe(429);
    });

    it('never counts right passwords, one after the other or many at once', async () => {
      const person = await they.member(opaqueToken);
      const ip = newNetwork();
      for (let i = 0; i < 11; i++) expect((await they.signIn(opaqueToken, person, ip)).status).toBe(200);
      const parallel = await Promise.all(
        Array.from({ length: AT_ONCE / 2 }, () => they.signIn(opaqueToken, person, ip)),
      );
      expect(byStatus(parallel)).toEqual({ 200: AT_ONCE / 2 });
      expect(byStatus(await they.guesses(20, opaqueToken, person, ip))).toEqual({ 400: 10, 429: 10 });
    });

    it('counts the wrong ones among right ones, all at once', async () => {
      const person = await they.member(bareToken);
      const ip = newNetwork();
      const [right, wrong] = await Promise.all([
        Promise.all(Array.from({ length: 9 }, () => they.signIn(bareToken, person, ip))),
        they.guesses(9, bareToken, person, ip),
      ]);
      expect([byStatus(right), byStatus(wrong)]).toEqual([{ 200: 9 }, { 401: 9 }]);
      expect(byStatus(await they.guesses(5, bareToken, person, ip))).toEqual({ 401: 1, 429: 4 });
    });

    it('may go on when the time of a budget is over, and not before', async () => {
      const person = await they.member(bareToken);
      const ip = newNetwork();
      await they.guesses(10, bareToken, person, ip);
      they.service.advance(14 * 60);
      const refused = await they.signIn(bareToken, person, ip);
      expect(refused.status).toBe(429);
      they.service.advance(Number(refused.headers['retry-after']));
      expect((await they.signIn(bareToken, person, ip)).status).toBe(200);
      expect(byStatus(await they.guesses(11, bareToken, person, ip))).toEqual({ 401: 10, 429: 1 });
    });

    it('leaves rows that housekeeping removes once they count no more', async () => {
      const person = await they.member(bareToken);
      await they.signIn(bareToken, person, newNetwork());
      await they.guess(bareToken, person, newNetwork());
      await they.service.app.get(KnownNetworks).flush();
      const [limits, known] = [RateLimit, KnownNetwork].map((entity) =>
        they.service.app.get(DataSource).getRepository(entity),
      );
      const sweep = async (): Promise<boolean[]> => {
        await they.service.app.get(HousekeepingService).sweep();
        return [(await limits?.count()) === 0, (await known?.count()) === 0];
      };
      expect(await sweep()).toEqual([false, false]);
      they.service.advance(30 * 86_400 - 60);
      expect(await sweep()).toEqual([false, false]);
      they.service.advance(61);
      expect(await sweep()).toEqual([true, true]);
    });

    // Last, and not through HTTP: Passport keeps its strategies by process, those of the later service.
    if (engine === 'PostgreSQL')
      it('lets 10 through at two instances together', async () => {
        const other = await startService(env);
        const ip = newNetwork();
        const isRight = vi.fn(async () => false);
        const limits = [they.service, other].map(({ app }) => app.get(LimitsService)) as [LimitsService, LimitsService];
        const tries = Array.from({ length: AT_ONCE }, async (_, i) =>
          limits[i % 2 ? 1 : 0].passwordTry({ kind: 'username', name: 'nobody' }, ip, isRight),
        );
        const refusals = (await Promise.allSettled(tries)).filter(({ status }) => status === 'rejected');
        await other.stop();
        expect([isRight.mock.calls.length, refusals.length]).toEqual([10, AT_ONCE - 10]);
      });
  });

/** What answers look like, each look once; without what is of the moment. */
function shown(answers: readonly Answer[]): string[] {
  const looks = answers.map(({ status, reason, headers: { date: _date, 'x-request-id': _id, ...headers }, text }) => {
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${String(value).replace(/t=\d+/, 't=')}`);
    return [status, reason, ...fields.filter((field) => !field.startsWith('retry-after')), text].join('\n');
  });
  return [...new Set(looks)];
}
