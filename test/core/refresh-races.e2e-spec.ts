import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RefreshTokenService } from '../../src/tokens/refresh-token.service.js';
import { Session } from '../../src/tokens/session.entity.js';
import type { Answer } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { IN_BODY, IN_HEADER, type Pair, PairClient, pairOf } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import { whole } from '../support/whole.js';

const GRACE = 10;
const HOUR = 3600;

/** Fifty requests at once for the successor of one token. */
function fifty(client: PairClient, { refresh }: Pair): Promise<Answer[]> {
  return Promise.all(Array.from({ length: 50 }, () => client.refresh(refresh)));
}

async function rotated(client: PairClient, { refresh }: Pair): Promise<Pair> {
  return pairOf(await client.refresh(refresh));
}

function sidOf({ refresh }: Pair): string {
  return decode(refresh).claims.sid as string;
}

/** When the token before the present one of a session answers its successor for the last time, in milliseconds. */
async function endOfGrace({ app }: Service, pair: Pair): Promise<number> {
  const rows = app.get(DataSource).getRepository(Session);
  const { rotatedAt } = await rows.findOneByOrFail({ id: sidOf(pair) });
  return rotatedAt.getTime() + GRACE * 1000;
}

/** Expects that neither token of any of these pairs opens anything any more. */
async function expectDead(client: PairClient, ...pairs: Pair[]): Promise<void> {
  for (const { refresh, access } of pairs) {
    expect(whole(await client.getUser(access))).toEqual(IN_HEADER.notValid);
    expect(whole(await client.refresh(refresh))).toEqual(IN_BODY.blacklisted);
    expect(whole(await client.verify(refresh))).toEqual(IN_BODY.notValid);
  }
}

describe('POST /auth/token/refresh, with the settings of the design', () => {
  let service: Service;
  let client: PairClient;

  beforeAll(async () => {
    service = await startService();
    client = new PairClient(service.url);
  });
  afterAll(() => service.stop());

  it('answers fifty requests for one successor with the same refresh token, byte for byte', async () => {
    const { person, pair } = await client.newcomer();

    const pairs = (await fifty(client, pair)).map(pairOf);

    const successors = new Set(pairs.map(({ refresh }) => refresh));
    expect(successors.size).toBe(1);
    expect(successors).not.toContain(pair.refresh);
    expect(decode([...successors][0] ?? '').claims).toMatchObject({ sid: sidOf(pair), gen: 1 });
    const lives = await Promise.all(pairs.map(({ access }) => client.getUser(access)));
    expect(lives.map(whole)).toEqual(pairs.map(() => ({ status: 200, body: { username: person.username } })));
  });

  it('lets the one successor of a race be refreshed in its turn', async () => {
    const { pair } = await client.newcomer();
    const [first] = (await fifty(client, pair)).map(pairOf);

    const next = (await fifty(client, first as Pair)).map(pairOf);

    expect(new Set(next.map(({ refresh }) => refresh)).size).toBe(1);
    expect(decode(next[0]?.refresh ?? '').claims).toMatchObject({ gen: 2 });
  });

  it('answers the predecessor within the grace time with the same successor as before', async () => {
    const { pair } = await client.newcomer();
    const successor = await rotated(client, pair);
    const again = await atTime(service, await endOfGrace(service, pair), () => rotated(client, pair));

    expect(again.refresh).toBe(successor.refresh);
    expect((await rotated(client, successor)).refresh).not.toBe(successor.refresh);
  });

  it('ends the session at once when a token comes back after its successor was used', async () => {
    const { pair } = await client.newcomer();
    const second = await rotated(client, pair);
    const third = await rotated(client, second);

    expect(whole(await client.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);

    await expectDead(client, pair, second, third);
  });

  it('ends the session at once when a token comes back after the grace time', async () => {
    const { pair } = await client.newcomer();
    const successor = await rotated(client, pair);
    const again = await atTime(service, (await endOfGrace(service, pair)) + 1, () => client.refresh(pair.refresh));

    expect(whole(again)).toEqual(IN_BODY.blacklisted);

    await expectDead(client, pair, successor);
  });

  it('leaves the other sessions of the account alone when one ends by reuse', async () => {
    const { person, pair } = await client.newcomer();
    const other = await client.session(person);
    await rotated(client, await rotated(client, pair));
    await client.refresh(pair.refresh);

    expect(whole(await client.getUser(other.access))).toEqual({ status: 200, body: { username: person.username } });
    expect((await client.refresh(other.refresh)).status).toBe(200);
  });

  it('writes of reuse in the log, without the token', async () => {
    const { pair } = await client.newcomer();
    await rotated(client, await rotated(client, pair));
    await client.refresh(pair.refresh);

    const lines = service.log.filter(({ session }) => session === sidOf(pair));
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'A refresh token was used twice; its session is ended. If its front end never stores the new one, set REFRESH_ROTATION=off.',
        accountId: decode(pair.refresh).claims.user_id,
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain(pair.refresh);
  });

  it('verifies a token without using it up, and without raising alarm over one that was used', async () => {
    const { pair } = await client.newcomer();
    expect(whole(await client.verify(pair.refresh))).toEqual({ status: 200, body: {} });
    const second = await rotated(client, pair);
    const third = await rotated(client, second);

    expect(whole(await client.verify(pair.refresh))).toEqual(IN_BODY.notValid);
    expect((await client.refresh(third.refresh)).status).toBe(200);
  });

  it('refuses a token ahead of its row, as after a power cut, and the session lives on', async () => {
    const { person, pair } = await client.newcomer();
    const ahead = await rotated(client, pair);
    await service.app
      .get(DataSource)
      .getRepository(Session)
      .update({ id: sidOf(pair) }, { generation: 0 });

    expect(whole(await client.refresh(ahead.refresh))).toEqual(IN_BODY.notValid);

    expect(whole(await client.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });
    expect((await client.refresh(pair.refresh)).status).toBe(200);
  });

  it('makes the refresh token from session, generation and time of rotation alone', async () => {
    const { pair } = await client.newcomer();
    const successor = await rotated(client, pair);
    const tokens = service.app.get(RefreshTokenService);
    const row = await service.app
      .get(DataSource)
      .getRepository(Session)
      .findOneByOrFail({ id: sidOf(pair) });
    service.advance(7);

    const { id, userId: accountId, contract, securityEpoch: epoch, createdAt, expiresAt } = row;
    const session = { id, accountId, contract, epoch, createdAt, expiresAt };
    const again = (generation: number, rotatedAt: Date): string =>
      tokens.issue({ ...session, generation, rotatedAt }, service.config.REFRESH_TOKEN_TTL);

    expect(again(row.generation, row.rotatedAt)).toBe(successor.refresh);
    expect(again(row.generation + 1, row.rotatedAt)).not.toBe(successor.refresh);
    expect(again(row.generation, new Date(row.rotatedAt.getTime() + 1000))).not.toBe(successor.refresh);
  });
});

describe('POST /auth/token/refresh, after a restart', () => {
  it('answers the predecessor within the grace time with the same successor, and knows reuse after it', async () => {
    let service = await startService();
    onTestFinished(() => service.stop());
    const before = new PairClient(service.url);
    const { pair } = await before.newcomer();
    const successor = await rotated(before, pair);

    service = await service.restart();
    const after = new PairClient(service.url);

    const end = await endOfGrace(service, pair);
    expect((await atTime(service, end, () => rotated(after, pair))).refresh).toBe(successor.refresh);
    const late = await atTime(service, end + 1, () => after.refresh(pair.refresh));
    expect(whole(late)).toEqual(IN_BODY.blacklisted);
    await expectDead(after, successor);
  });
});

describe('POST /auth/token/refresh, with REFRESH_GRACE=0', () => {
  it('lets one of fifty racing requests through and ends the session over the others', async () => {
    const service = await startService({ REFRESH_GRACE: '0' });
    onTestFinished(() => service.stop());
    const client = new PairClient(service.url);
    const { pair } = await client.newcomer();

    const answers = await fifty(client, pair);

    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => !winners.includes(answer)).map(whole)).toEqual(
      Array.from({ length: 49 }, () => IN_BODY.blacklisted),
    );
    await expectDead(client, pair, ...winners.map(pairOf));
  });

  it('refreshes one after another all the same', async () => {
    const service = await startService({ REFRESH_GRACE: '0' });
    onTestFinished(() => service.stop());
    const client = new PairClient(service.url);
    let { pair } = await client.newcomer();

    for (const gen of [1, 2, 3]) {
      pair = await rotated(client, pair);
      expect(decode(pair.refresh).claims).toMatchObject({ gen });
    }
  });
});

describe('POST /auth/token/refresh, with REFRESH_ROTATION=off', () => {
  let service: Service;
  let client: PairClient;

  beforeAll(async () => {
    service = await startService({ REFRESH_ROTATION: 'off' });
    client = new PairClient(service.url);
  });
  afterAll(() => service.stop());

  it('answers the same refresh token again and a new access token, however often and late', async () => {
    const { person, pair } = await client.newcomer();
    for (const pause of [0, 1, GRACE + 1, HOUR]) {
      service.advance(pause);
      const { refresh, access } = await rotated(client, pair);
      expect(refresh).toBe(pair.refresh);
      expect(access).not.toBe(pair.access);
      expect(whole(await client.getUser(access))).toEqual({ status: 200, body: { username: person.username } });
    }
  });

  it('answers fifty requests at once with that same refresh token', async () => {
    const { person, pair } = await client.newcomer();
    const other = await client.session(person);

    const pairs = (await fifty(client, pair)).map(pairOf);

    expect(new Set(pairs.map(({ refresh }) => refresh))).toEqual(new Set([pair.refresh]));
    expect((await rotated(client, other)).refresh).toBe(other.refresh);
  });

  it('still knows a token that was exchanged while rotation was on, and ends its session', async () => {
    let rotating = await startService();
    onTestFinished(() => rotating.stop());
    const { pair } = await new PairClient(rotating.url).newcomer();
    const successor = await rotated(new PairClient(rotating.url), pair);

    rotating = await rotating.restart({ REFRESH_ROTATION: 'off' });
    const after = new PairClient(rotating.url);

    expect((await rotated(after, successor)).refresh).toBe(successor.refresh);
    rotating.advance(GRACE + 1);
    expect(whole(await after.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);
    await expectDead(after, successor);
  });
});
