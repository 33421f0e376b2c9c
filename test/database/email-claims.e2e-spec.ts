import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { EmailClaims1764600300000 } from '../../src/database/migrations/1764600300000-email-claims.js';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { User } from '../../src/users/user.entity.js';
import { BasicClient, LOGIN_FAILED, outcome, signedIn, UNVERIFIED } from '../support/basic.client.js';
import { claim, confirmWith } from '../support/claims.js';
import { CookieClient } from '../support/cookie.client.js';
import { bothEngines } from '../support/engines.js';
import { fill } from '../support/fill.js';
import { confirm, mailedUrl, mailsTo } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

/** Takes the schema back to before addresses could be claimed by many. */
async function undoClaims({ app }: Service): Promise<void> {
  await app.get(AuditLog).flush();
  for (const _ of MIGRATIONS.slice(MIGRATIONS.indexOf(EmailClaims1764600300000)))
    await app.get(DataSource).undoLastMigration();
}

describe.each(bothEngines('claims'))(
  'Addresses of before they could be claimed by many, on $engine',
  ({ settings }) => {
    it('stay with their accounts, and those that nobody proved are claims', { timeout: 60_000 }, async () => {
      let service = await startService({ ...(await settings()), MAIL_QUIET: '0s' });
      onTestFinished(() => service.stop());
      const clients = (): { basic: BasicClient; cookie: CookieClient } => ({
        basic: new BasicClient(`${service.url}/basic`),
        cookie: new CookieClient(`${service.url}/cookie`),
      });
      const verified = (await clients().basic.newcomer()).person;
      await confirm(service, verified.email);
      const pending = (await clients().basic.newcomer()).person;
      const url = await mailedUrl(service, pending.email);
      const { person: baker } = await clients().cookie.newcomer();

      await undoClaims(service);
      service = await service.restart();

      const { basic, cookie } = clients();
      expect(outcome(await basic.login(verified))).toEqual(signedIn(`Login for ${verified.email} succesful`));
      expect((await cookie.login(baker)).status).toBe(200);
      expect(outcome(await basic.login(baker))).toEqual(UNVERIFIED);
      expect((await mailsTo(service, baker.email))[0]?.text).toContain(
        `That was through cookie, as ${baker.username}, on `,
      );
      const owner = await claim(service, 'basic', pending.email);
      expect(outcome(await basic.login(pending))).toEqual(LOGIN_FAILED);
      const path = new URL(url).pathname;
      expect((await confirmWith(service.url + path, owner.password)).status).toBe(403);
      expect((await confirmWith(service.url + path, pending.password)).status).toBe(200);
    });
  },
);

describe.each(bothEngines('claims_back'))('Addresses that many claim, on $engine', ({ settings }) => {
  it('are one account’s again after a way back: the one that proved it, else the newest', async () => {
    const service = await startService(await settings());
    onTestFinished(() => service.stop());
    const [proved, unproved] = [newPerson().email, newPerson().email];
    const first = await claim(service, 'cookie', proved);
    for (const email of [proved, unproved, unproved]) await claim(service, 'cookie', email);
    const users = service.app.get(DataSource).getRepository(User);
    await users.update({ username: first.username }, { emailVerifiedAt: new Date() });
    const newest = await claim(service, 'cookie', unproved);

    await undoClaims(service);

    const rows = await service.app
      .get(DataSource)
      .query<{ username: string; email: string }[]>('SELECT username, email FROM users WHERE email IS NOT NULL');
    expect(new Map(rows.map(({ email, username }) => [email, username]))).toEqual(
      new Map([
        [proved, first.username],
        [unproved, newest.username],
      ]),
    );
    expect(rows).toHaveLength(2);
  });
});

describe.each(bothEngines('claims_plan'))('The account of an address, on $engine', ({ settings }) => {
  it('is found in an index, however many claim it', async () => {
    const service = await startService(await settings());
    onTestFinished(() => service.stop());
    const store = service.app.get(DataSource);
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)';
    await fill(
      service,
      `INSERT INTO users (email, email_key, email_claimed_at, password_hash, is_admin, status, pin_failures, security_epoch,
         created_at, updated_at)
       ${numbers} SELECT 'many@example.com', 'many@example.com', '2026-01-01', '!', false, 'pending', 0, 0, '2026-01-01',
         '2026-01-01' FROM n`,
    );
    const isPostgres = store.options.type === 'postgres';
    if (isPostgres) await fill(service, 'VACUUM ANALYZE');
    const sent: { statement: string; parameters: unknown[] }[] = [];
    Object.assign(store.logger, {
      logQuery: (statement: string, parameters: unknown[]) => void sent.push({ statement, parameters }),
    });

    const basic = new BasicClient(`${service.url}/basic`);
    expect(outcome(await basic.login({ email: 'many@example.com', password: 'Secret1234' }))).toEqual(LOGIN_FAILED);

    const looks = sent.filter(({ statement }) => statement.startsWith('SELECT * FROM users'));
    expect(looks).toHaveLength(1);
    for (const { statement, parameters } of looks) {
      const plan = JSON.stringify(
        await store.query(`${isPostgres ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN'} ${statement}`, parameters),
      );
      expect(plan).not.toMatch(isPostgres ? /Seq Scan|Sort/ : /SCAN (?!CONSTANT)|TEMP B-TREE/);
      expect(plan).toContain('users_email_claims_index');
    }
  });
});
