import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraceUses } from '../../src/auth/sessions/grace-uses.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { type Pair, PairClient, pairOf } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';

const GRACE = 10;

let service: Service;
let client: PairClient;

beforeAll(async () => {
  service = await startService();
  client = new PairClient(service.url);
});
afterAll(() => service.stop());

async function rotated({ refresh }: Pair): Promise<Pair> {
  return pairOf(await client.refresh(refresh));
}

describe('The audit trail of refresh tokens', () => {
  it('records uses within the grace time, one event a rotation: how often, from where, and who exchanged the token', async () => {
    const { pair } = await client.newcomer();
    const id = decode(pair.access).claims.user_id as number;
    const told = async (): Promise<object[]> =>
      (await trailOf(service, id, 'refresh_token_repeated')).map(
        ({ count, ip, userAgent, sessionId, door, detail }) => ({
          count,
          ip,
          userAgent,
          sessionId,
          door,
          detail: JSON.parse(detail ?? '') as unknown,
        }),
      );
    const successor = await rotated(pair);
    await client.refresh(pair.refresh);
    await send('POST', `${service.url}/token-pair/auth/token/refresh`, {
      headers: { 'user-agent': 'another device' },
      body: { refresh: pair.refresh },
    });
    expect(await told()).toEqual([]);
    service.advance(GRACE + 1);
    service.app.get(GraceUses).look();
    const event = {
      count: 2,
      ip: '127.0.0.1',
      userAgent: null,
      sessionId: decode(pair.refresh).claims.sid,
      door: 'token-pair',
      detail: {
        generation: 0,
        exchanged_from: { ip: '127.0.0.1', user_agent: null },
        repeated_from: [
          { ip: '127.0.0.1', user_agent: null },
          { ip: '127.0.0.1', user_agent: 'another device' },
        ],
      },
    };
    expect(await told()).toEqual([event]);

    // Those of a minute are told of together: anybody with a session may rotate all the time.
    let last = successor;
    for (let n = 0; n < 3; n++) {
      const next = await rotated(last);
      await client.refresh(last.refresh);
      service.advance(GRACE + 1);
      service.app.get(GraceUses).look();
      last = next;
    }
    service.advance(300);
    expect(await told()).toMatchObject([event, { count: 3, detail: { generation: 3 } }]);
  });
});
