import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Clock } from '../../src/config/clock.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { User } from '../../src/users/user.entity.js';
import { type Answer, send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { IN_BODY, IN_HEADER, type Pair, PairClient, pairOf } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const HOUR = 3600;

async function rotated(client: PairClient, { refresh }: Pair): Promise<Pair> {
  return pairOf(await client.refresh(refresh));
}

function sidOf({ refresh }: Pair): string {
  return decode(refresh).claims.sid as string;
}

describe('The end of a session', () => {
  const MAX_AGE = 2 * HOUR;
  let service: Service;
  let client: PairClient;

  beforeAll(async () => {
    service = await startService({
      SESSION_MAX_AGE: '2h',
      ACCESS_TOKEN_TTL: '90m',
      REFRESH_TOKEN_TTL: '14d',
      BARE_TOKEN_TTL: '7d',
      BASIC_REFRESH_TTL: '30d',
      EMAIL_VERIFICATION: 'off',
    });
    client = new PairClient(service.url);
  });
  afterAll(() => service.stop());

  async function endOf(sid: string): Promise<number> {
    const { expiresAt } = await service.app.get(DataSource).getRepository(Session).findOneByOrFail({ id: sid });
    return Math.floor(expiresAt.getTime() / 1000);
  }

  it('caps the expiry of every token of contract 1, and refreshing does not put it off', async () => {
    const { pair } = await client.newcomer();
    const end = await endOf(sidOf(pair));
    const { claims } = decode(pair.access);
    expect(claims.exp).toBe((claims.iat as number) + 90 * 60);
    expect(decode(pair.refresh).claims.exp).toBe(end);

    service.advance(HOUR);
    const later = await rotated(client, pair);

    expect(decode(later.access).claims.exp).toBe(end);
    expect(decode(later.refresh).claims.exp).toBe(end);
    expect(await endOf(sidOf(pair))).toBe(end);
  });

  it('refuses to refresh at the end of the session, and not a minute before', async () => {
    const { pair } = await client.newcomer();
    service.advance(MAX_AGE - 60);
    const last = await rotated(client, pair);
    expect((await client.getUser(last.access)).status).toBe(200);

    service.advance(60);

    expect(whole(await client.refresh(last.refresh))).toEqual(IN_BODY.notValid);
    expect(whole(await client.getUser(last.access))).toEqual(IN_HEADER.notValid);
  });

  it('caps the tokens of bare-token, cookie and basic too', async () => {
    const { person } = await client.newcomer();
    const bare = await send('POST', `${service.url}/bare-token/auth/login`, { body: { ...person } });
    const basic = await send('POST', `${service.url}/basic/api/v1.0/register`, { body: { ...person } });
    const tokens = { ...(bare.json as object), ...(basic.json as object) } as Record<string, string>;

    for (const token of [tokens.authToken, tokens.refresh_token]) {
      const { claims } = decode(token ?? '');
      expect(claims.exp).toBe(await endOf(claims.sid as string));
    }
  });

  it('caps a token also if another second begins while it is made', async () => {
    const { person } = await client.newcomer();
    const clock = service.app.get(Clock);
    let seconds = clock.nowSeconds();
    const reading = vi.spyOn(clock, 'nowSeconds').mockImplementation(() => seconds++);
    onTestFinished(() => reading.mockRestore());

    const { json } = await send('POST', `${service.url}/bare-token/auth/login`, { body: { ...person } });

    const { claims } = decode((json as { authToken: string }).authToken);
    expect(claims.exp).toBe(await endOf(claims.sid as string));
  });

  it("ends a bare-token session at its absolute end, with that contract's answer for an expired token", async () => {
    const { person } = await client.newcomer();
    const signIn = await send('POST', `${service.url}/bare-token/auth/login`, { body: { ...person } });
    const refresh = (token: string): Promise<Answer> =>
      send('GET', `${service.url}/bare-token/auth/refresh`, { headers: { authorization: token } });
    service.advance(MAX_AGE - 60);
    const last = (await refresh((signIn.json as { authToken: string }).authToken)).json as { authToken: string };

    service.advance(60);

    expect(whole(await refresh(last.authToken))).toEqual({ status: 401, body: { err: 'token has expired' } });
  });

  it('is known to the store too: a session is not rotated at its end, nor opened for a closed account', async () => {
    const { pair } = await client.newcomer();
    const [accountId, sid] = [decode(pair.access).claims.user_id as number, sidOf(pair)];
    const sessions = service.app.get(SessionsService);
    service.advance(MAX_AGE);
    expect(await sessions.rotate(sid, 0)).toBeUndefined();

    const session = { accountId, epoch: 0, contract: 'token-pair', lifetimeSeconds: 60, ip: '', userAgent: undefined };
    expect(await sessions.open(session)).toMatchObject({ accountId, generation: 0 });
    await service.app.get(DataSource).getRepository(User).update({ id: accountId }, { status: 'deactivated' });
    expect(await sessions.open(session)).toBeUndefined();
  });
});
