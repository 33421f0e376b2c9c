import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { Clock } from '../../src/config/clock.js';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { unsealKey } from '../../src/tokens/key-sealing.js';
import { SigningKey } from '../../src/tokens/signing-key.entity.js';
import { publishedAmong, SigningKeysStore } from '../../src/tokens/signing-keys.store.js';
import { es256, jwt } from '../support/forge.js';
import { holdNext } from '../support/hold.js';
import { decode } from '../support/jwt.js';
import { IN_HEADER, PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';
import { whole } from '../support/whole.js';

const HOUR = 3600;
const DAY = 86_400;

let service: Service;
let client: PairClient;

beforeEach(async () => {
  service = await startService();
  client = new PairClient(service.url);
});
afterEach(() => service.stop());

/** A look that begins now: one of the service's timer may have read before what the test did, and looks are shared. */
async function keepUp(): Promise<void> {
  await service.app.get(KeyRing).load();
  await service.app.get(KeyRotationService).keepUp();
}

const store = (): SigningKeysStore => service.app.get(SigningKeysStore);

const kidOf = (token: string): string => decode(token).header.kid as string;

async function published(): Promise<string[]> {
  return publishedAmong(await store().all()).map(({ kid }) => kid);
}

describe('A key that somebody withdraws', () => {
  it('verifies nothing from the next look on, also tokens that were verified before', async () => {
    const { pair } = await client.newcomer();
    expect((await client.getUser(pair.access)).status).toBe(200);
    expect(await store().revoke(kidOf(pair.access))).toBe(true);

    await keepUp();

    expect(whole(await client.getUser(pair.access))).toEqual(IN_HEADER.notValid);
    const { pair: later } = await client.newcomer();
    expect(kidOf(later.access)).not.toBe(kidOf(pair.access));
    expect((await client.getUser(later.access)).status).toBe(200);
  });

  it('verifies nothing after a look that was asked for then, though an earlier one was still under way', async () => {
    const { pair } = await client.newcomer();
    const held = holdNext(store(), 'all', 'after');
    const earlier = keepUp();
    await held.reached;
    await store().revoke(kidOf(pair.access));

    const looks = Promise.all([keepUp(), keepUp(), earlier]);
    held.release();
    await looks;

    expect(whole(await client.getUser(pair.access))).toEqual(IN_HEADER.notValid);
  });

  it('leaves sessions alone: a refresh gives a token under another key', async () => {
    const { pair } = await client.newcomer();
    await store().revoke(kidOf(pair.access));
    await keepUp();

    const { json } = await client.refresh(pair.refresh);

    expect((await client.getUser((json as { access: string }).access)).status).toBe(200);
  });

  it('is followed at once by the one that waits for its turn', async () => {
    const { pair } = await client.newcomer();
    service.advance(30 * DAY - HOUR);
    await keepUp();
    const [, next] = await published();
    await store().revoke(kidOf(pair.access));

    await keepUp();

    expect(kidOf((await client.newcomer()).pair.access)).toBe(next);
    expect(await published()).toEqual([next]);
  });

  it('brings the one before it back, which is still published', async () => {
    const { pair: before } = await client.newcomer();
    service.advance(30 * DAY - HOUR);
    await keepUp();
    service.advance(HOUR);
    const { pair } = await client.newcomer();
    expect(kidOf(pair.access)).not.toBe(kidOf(before.access));

    await store().revoke(kidOf(pair.access));
    await keepUp();

    expect(kidOf((await client.newcomer()).pair.access)).toBe(kidOf(before.access));
  });

  it('has no private half any more', async () => {
    const { pair } = await client.newcomer();
    await store().revoke(kidOf(pair.access));
    expect(await store().all()).toMatchObject([{ sealedPrivateKey: '' }]);
  });

  it('cannot be withdrawn twice, nor a key that there is not', async () => {
    const [kid = ''] = await published();
    expect([await store().revoke(kid), await store().revoke(kid), await store().revoke('nonsense')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('A key of another instance', () => {
  it('is looked up when a token names it', async () => {
    const { person, pair } = await client.newcomer();
    const kid = await store().publish(new Date(), await store().all());
    const row = await service.app.get(DataSource).getRepository(SigningKey).findOneByOrFail({ kid });
    const key = unsealKey(row.sealedPrivateKey, row.kid, service.app.get(ServiceSecret));
    const { header, claims } = decode(pair.access);
    Object.assign(service.app.get(KeyRing), { loadedAtMs: -Infinity });

    const answer = await client.getUser(jwt({ ...header, kid }, claims, es256(key)));

    expect(whole(answer)).toEqual({ status: 200, body: { username: person.username } });
  });

  it('is looked up once, however many tokens name keys that nobody has', async () => {
    const { pair } = await client.newcomer();
    const [, ...rest] = pair.access.split('.');
    const ring = service.app.get(KeyRing);
    vi.spyOn(service.app.get(KeyRotationService), 'keepUp').mockResolvedValue();
    // The last look of the timer's ends before the requests, which would share it.
    await ring.load();
    // However long the requests take here: what the ring has read was read a moment ago.
    let isRead = false;
    const loadedAtMs = { get: () => (isRead ? performance.now() : -Infinity), set: () => (isRead = true) };
    Object.defineProperty(ring, 'loadedAtMs', { ...loadedAtMs, configurable: true });
    const statements = recordStatements(service);

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const header = Buffer.from(JSON.stringify({ ...decode(pair.access).header, kid: `none-${i}` }));
        return client.getUser([header.toString('base64url'), ...rest].join('.'));
      }),
    );

    for (const answer of answers) expect(whole(answer)).toEqual(IN_HEADER.notValid);
    expect(statements.filter((statement) => statement.includes('signing_keys'))).toHaveLength(1);
  });
});

describe('A look at the keys', () => {
  it('publishes the next one an hour before its turn, once, and removes the last one a week after it', async () => {
    const [first = ''] = await published();
    service.advance(30 * DAY - HOUR - 60);
    await keepUp();
    expect(await published()).toEqual([first]);

    service.advance(60);
    await Promise.all([keepUp(), keepUp(), keepUp()]);
    const [, second = ''] = await published();
    expect(await published()).toEqual([first, second]);
    expect(kidOf((await client.newcomer()).pair.access)).toBe(first);

    service.advance(HOUR);
    expect(kidOf((await client.newcomer()).pair.access)).toBe(second);
    service.advance(7 * DAY);
    await keepUp();
    expect(await published()).toEqual([first, second]);

    service.advance(6 * 60);
    await keepUp();
    expect((await store().all()).map(({ kid }) => kid)).toEqual([second]);
  });

  it('publishes a key in time although another one waits for a turn years away, made while the clock was wrong', async () => {
    await store().publish(new Date(Date.now() + 900 * DAY * 1000), await store().all());
    service.advance(30 * DAY);
    await keepUp();
    service.advance(HOUR);
    const { pair } = await client.newcomer();
    const [, second] = (await store().all()).filter(
      ({ signsFrom }) => signsFrom.getTime() < Date.now() + 60 * DAY * 1000,
    );
    expect(kidOf(pair.access)).toBe(second?.kid);
  });

  it('asks no other instance with another algorithm for keys without end', async () => {
    const seen = await store().all();
    const ofOther = await store().publish(new Date(Date.now() + HOUR * 1000), seen);
    await service.app.get(DataSource).getRepository(SigningKey).update({ kid: ofOther }, { algorithm: 'RS256' });
    for (let looks = 0; looks < 5; looks++) await keepUp();
    expect(await store().all()).toHaveLength(2);
  });

  it('keeps a key of the command line for as long as tokens live here, whatever its settings were', async () => {
    const kid = await store().publish(new Date(), await store().all());
    const keys = service.app.get(DataSource).getRepository(SigningKey);
    await keys.update({ kid }, { tokenSeconds: 60 });
    await keepUp();
    expect((await keys.findOneByOrFail({ kid })).tokenSeconds).toBe(7 * DAY);
  });

  it('leaves out a key that was sealed under another secret, with a line in the log, and heeds the others', async () => {
    const keys = service.app.get(DataSource).getRepository(SigningKey);
    const otherSecret = new ServiceSecret(randomBytes(32));
    const other = new SigningKeysStore(keys, service.config, otherSecret, service.app.get(Clock));
    const kid = await other.publish(new Date(Date.now() - 1000), await store().all());
    const { pair } = await client.newcomer();
    await keepUp();
    await keepUp();
    expect((await client.getUser(pair.access)).status).toBe(200);
    expect(service.log.filter(({ msg }) => msg === 'A signing key is left out.')).toMatchObject([{ kid }]);

    await store().revoke(kidOf(pair.access));
    await keepUp();
    expect((await client.getUser(pair.access)).status).toBe(401);
  });

  it('makes one key where many instances find at the same moment that one is due', async () => {
    const seen = await store().all();
    const kids = await Promise.all(Array.from({ length: 5 }, () => store().publish(new Date(), seen)));
    const late = await store().publish(new Date(), seen);

    expect(kids.filter(Boolean)).toHaveLength(1);
    expect(late).toBeUndefined();
    expect(await store().all()).toHaveLength(2);
  });

  it('that the store fails is tried again, with a line in the log', async () => {
    const { pair } = await client.newcomer();
    const dataSource = service.app.get(DataSource);
    await dataSource.destroy();
    await service.app.get(KeyRotationService).look();
    expect(service.log.map(({ msg }) => msg)).toContain(
      'The signing keys could not be looked after; it is tried again.',
    );

    await dataSource.initialize();
    await service.app.get(KeyRotationService).look();
    expect((await client.getUser(pair.access)).status).toBe(200);
  });

  it('keeps keys for as long as the longest token, also one that an earlier start did not know', async () => {
    const lives = async (): Promise<number[]> => (await store().all()).map(({ tokenSeconds }) => tokenSeconds);
    expect(await lives()).toEqual([7 * DAY]);
    service = await service.restart({ BARE_TOKEN_TTL: '20d' });
    expect(await lives()).toEqual([20 * DAY]);
    service = await service.restart({ BARE_TOKEN_TTL: '1d' });
    expect(await lives()).toEqual([20 * DAY]);
  });
});
