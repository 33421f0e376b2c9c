import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { SigningKeysStore } from '../../src/tokens/signing-keys.store.js';
import { cookie } from '../drivers/cookie.driver.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient } from '../support/account.client.js';
import { accountOf, deactivate } from '../support/accounts.js';
import { CookieClient, UNAUTHENTICATED } from '../support/cookie.client.js';
import { appearance, type Asker, askerOf, type End, HOT_ROUTES } from '../support/hot-routes.js';
import { algNone, decode, forged, signedByStranger } from '../support/jwt.js';
import { IN_BODY, IN_HEADER, PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** How long a refresh token that was exchanged may be exchanged again, for answers that were lost. */
const GRACE_SECONDS = 30;

let service: Service;
let pairs: PairClient;

beforeAll(async () => {
  service = await startService({ REFRESH_GRACE: `${GRACE_SECONDS}s` });
  pairs = new PairClient(service.url);
});
afterAll(() => service.stop());

const ENDS: Readonly<Record<End, (asker: Asker, lifetime: number) => Promise<unknown>>> = {
  revoked: async ({ person }) => service.app.get(RevocationService).clearTokens((await accountOf(service, person)).id),
  deactivated: async ({ person }) => deactivate(service, person),
  expired: async (_asker, lifetime) => service.advance(lifetime + 1),
  withdrawn: async ({ token }) => {
    await service.app.get(SigningKeysStore).revoke(decode(token).header.kid as string);
    await service.app.get(KeyRotationService).keepUp();
  },
};

const CASES = HOT_ROUTES.flatMap((hot) =>
  (Object.keys(ENDS) as End[])
    // No key signs an opaque token.
    .filter((end) => end !== 'withdrawn' || hot.driver !== opaqueToken)
    .map((end) => ({ hot, end, title: hot.title })),
);

describe('a token that was just let pass', () => {
  it.each(CASES)('is refused once it is $end, in the words that a new one hears: $title', async ({ hot, end }) => {
    const known = await askerOf(service, hot);
    const unseen = await askerOf(service, hot, known.person);
    for (let times = 0; times < 2; times++) expect((await known.ask()).status).toBe(200);

    await ENDS[end](known, hot.driver.lifetime);

    const refused = await known.ask();
    expect(whole(refused)).toEqual(hot.refusals[end]);
    expect(appearance(await unseen.ask())).toEqual(appearance(refused));
    expect(appearance(await known.ask())).toEqual(appearance(refused));
  });

  it.each(HOT_ROUTES.filter(({ driver }) => driver !== opaqueToken))(
    'does not let those pass that end as it does, and were signed by nobody or somebody else: $title',
    async (hot) => {
      const { ask, askWith, token } = await askerOf(service, hot);
      expect((await ask()).status).toBe(200);
      const [header = '', claims = '', signature = ''] = token.split('.');
      const others = Buffer.from(claims, 'base64url')
        .toString()
        .replace(/"sub":"(\d+)"/, '"sub":"1$1"');
      for (const bad of [
        [header, Buffer.from(others).toString('base64url'), signature].join('.'),
        `.${claims}.${signature}`,
        `${token}${token}`,
        token.slice(1),
        forged(token),
        algNone(token),
        signedByStranger(token),
      ]) {
        const answer = await askWith(bad);
        expect([bad, answer.text.includes('"active":false') ? 401 : answer.status]).toEqual([bad, 401]);
      }
      expect((await ask()).status).toBe(200);
    },
  );

  it('is not let pass at another contract', async () => {
    const { pair } = await pairs.newcomer();
    const cookies = new CookieClient(`${service.url}/cookie`);
    const { token } = await cookies.newcomer();
    for (let times = 0; times < 2; times++) {
      expect((await pairs.getUser(pair.access)).status).toBe(200);
      expect((await pairs.verify(pair.access)).status).toBe(200);
      expect((await cookies.me(token)).status).toBe(200);
      expect(whole(await pairs.getUser(token))).toEqual(IN_HEADER.notValid);
      expect(whole(await pairs.verify(token))).toEqual(IN_BODY.notValid);
      expect(whole(await cookies.me(pair.access))).toEqual(UNAUTHENTICATED);
    }
  });
});

describe('a refresh token', () => {
  it('is valid at verify as often as somebody asks, is not used up, and opens nothing', async () => {
    const { pair } = await pairs.newcomer();
    for (let times = 0; times < 3; times++) {
      expect(whole(await pairs.verify(pair.refresh))).toEqual({ status: 200, body: {} });
      expect(whole(await pairs.getUser(pair.refresh))).toEqual(IN_HEADER.wrongType);
    }
    expect((await pairs.refresh(pair.refresh)).status).toBe(200);
    service.advance(GRACE_SECONDS + 1);
    expect(whole(await pairs.verify(pair.refresh))).toEqual(IN_BODY.notValid);
  });
});

describe('two people', () => {
  it('each get their own answer, however often they ask in turns', async () => {
    for (const driver of [cookie, tokenPair]) {
      const client = new AccountClient(() => service, driver);
      const holders = [await client.newcomer(), await client.newcomer()];
      for (let times = 0; times < 3; times++)
        for (const { person, token } of holders)
          expect(whole(await client.ask(driver.guarded(token)))).toEqual(driver.passed(person));
    }
  });
});
