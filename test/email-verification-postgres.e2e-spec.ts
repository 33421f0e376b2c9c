import type { Email } from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HousekeepingService } from '../src/auth/housekeeping.service.js';
import { BasicClient, LOGIN_FAILED, outcome, signedIn } from './support/basic.client.js';
import { askForLinks, claim, claimants, linksIn } from './support/claims.js';
import { type Answer, send } from './support/http.js';
import { linkIn, mailsTo, urlOf } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { type Service, startService } from './support/service.js';
import { TokenPairClient } from './support/token-pair.client.js';

const DAY = 24 * 60 * 60;
const QUIET = 5 * 60;

describe('two instances on PostgreSQL', () => {
  let postgres: Postgres;
  let instances: [Service, Service];
  let client: BasicClient;

  beforeAll(async () => {
    postgres = await startPostgres();
    const settings = await postgres.createDatabase('latchkey');
    const first = await startService(settings);
    // The one that starts last answers sign-ins: Passport keeps its strategies once for a process.
    instances = [await startService(settings), first];
    client = new BasicClient(`${instances[0].url}/basic`);
  });

  afterAll(async () => {
    for (const instance of instances) await instance.stop();
    await postgres.stop();
  });

  /** What 20 requests answer that are sent at once, half of them to each instance. */
  async function twentyTimes(path: string, body?: object): Promise<number[]> {
    const answers = Array.from({ length: 20 }, (_, index) =>
      send('POST', `${instances[index % 2]!.url}${path}`, body && { body }),
    );
    return (await Promise.all(answers)).map(({ status }) => status).sort((a, b) => a - b);
  }

  /** The mails to an address, whichever instance sent them, oldest first. */
  async function mails(email: string): Promise<Email[]> {
    const all = (await Promise.all(instances.map((instance) => mailsTo(instance, email)))).flat();
    return all.sort((one, other) => (String(one.messageId) < String(other.messageId) ? -1 : 1));
  }

  /** The last link that was mailed to an address, where the first instance serves it. */
  async function mailedUrl(email: string): Promise<string> {
    return urlOf(instances[0], linkIn((await mails(email)).at(-1)!));
  }

  const confirm = async (email: string): Promise<Answer> => send('POST', await mailedUrl(email));

  it('confirm a link once, whichever of them is asked how often', async () => {
    const { person } = await client.newcomer();
    const { pathname } = new URL(await mailedUrl(person.email));

    expect(await twentyTimes(pathname)).toEqual([200, ...Array<number>(19).fill(410)]);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('mail one link in 5 minutes between them', async () => {
    const { person } = await client.newcomer();
    const countMails = async (): Promise<number> => (await mails(person.email)).length;
    const ask = (): Promise<number[]> => twentyTimes('/verify/resend', { email: person.email });

    await ask();
    expect(await countMails()).toBe(1);
    for (const instance of instances) instance.advance(QUIET + 1);
    expect(await ask()).toEqual(Array(20).fill(202));
    expect(await countMails()).toBe(2);
  });

  it('leave nobody out of a mail while another link of theirs is being made', async () => {
    const { email } = newPerson();
    await claim(instances[0], 'cookie', email);
    await claim(instances[0], 'basic', email);
    expect(await mails(email)).toHaveLength(1);
    for (const instance of instances) instance.advance(QUIET + 1);
    const [, newest] = await claimants(instances[0], email);
    const database = await postgres.connect('latchkey');
    onTestFinished(() => database.end());
    await database.query('SELECT pg_advisory_lock(1, $1)', [newest!.id]);

    await askForLinks(instances[0], email);

    expect(linksIn(instances[0], (await mails(email))[1]?.text)).toHaveLength(2);
  });

  it('confirm an address whose username is taken', async () => {
    const { person } = await client.newcomer();
    await new TokenPairClient(instances[0].url, '/token-pair').register({
      username: person.email,
      password: 'Another1234',
    });

    expect((await confirm(person.email)).status).toBe(200);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('sweep pending accounts and no others', async () => {
    const pending = (await client.newcomer()).person;
    const verified = (await client.newcomer()).person;
    await confirm(verified.email);
    for (const instance of instances) instance.advance(8 * DAY);

    await Promise.all(instances.map(({ app }) => app.get(HousekeepingService).sweep()));

    expect(outcome(await client.login(pending))).toEqual(LOGIN_FAILED);
    expect(outcome(await client.login(verified))).toEqual(signedIn(`Login for ${verified.email} succesful`));
  });
});
