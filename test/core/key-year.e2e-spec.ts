import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { Clock } from '../../src/config/clock.js';
import { publishedAmong, SigningKeysStore } from '../../src/tokens/signing-keys.store.js';
import { sized } from '../runner/size.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { newPerson } from '../support/people.js';
import { ON_SQLITE, type Service, startService } from '../support/service.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** How long a client may use the JWKS that it has, as `Cache-Control` says. */
const CACHE = 10 * MINUTE;

const person = newPerson();

/** A year as a client of the JWKS lives it, and the service beside it. */
class Year {
  seconds = 0;
  private token = '';
  private readonly kids = new Set<string>();
  /** The last token of each key and the first, which are alive the longest and the soonest. */
  private live: { readonly token: string; readonly kid: string; readonly exp: number }[] = [];
  /** What a client may still hold, with the time at which it asked. */
  private cached: { readonly at: number; readonly jwks: JSONWebKeySet }[] = [];

  constructor(private service: Service) {
    // Time passes in steps alone: what was alive when a step began is alive until its end, however long that takes.
    const clock = service.app.get(Clock);
    const startedAtMs = clock.nowMs();
    Object.assign(clock, { nowMs: () => startedAtMs + clock.offsetMs });
  }

  get keysSeen(): number {
    return this.kids.size;
  }

  /** Goes on; the service does what it does every few seconds, and the client gets another token and looks at all of its own. */
  async goOn(seconds: number): Promise<void> {
    this.pass(seconds);
    await this.service.app.get(KeyRotationService).keepUp();
    await this.getToken();
    await this.lookAtKeys();
    for (const { token, kid } of this.live)
      expect(await this.opinion(token), `${kid} on day ${this.seconds / DAY}`).toBe('valid');
  }

  /** Goes on without a service, which is started after that. */
  async outage(seconds: number): Promise<void> {
    this.pass(seconds);
    this.service = await this.service.restart();
    this.token = '';
    await this.goOn(0);
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }

  /** When keys are published, sign or vanish next, in seconds from now. */
  async nextEvent(): Promise<number> {
    const rows = publishedAmong(await this.service.app.get(SigningKeysStore).all());
    const nowMs = this.now * 1000;
    const events = rows.flatMap(({ signsFrom, tokenSeconds }, i) => [
      signsFrom.getTime(),
      signsFrom.getTime() + 30 * DAY * 1000 - HOUR * 1000,
      (rows[i + 1]?.signsFrom.getTime() ?? Infinity) + tokenSeconds * 1000 + 5 * MINUTE * 1000,
    ]);
    return (Math.min(...events.filter((ms) => ms > nowMs)) - nowMs) / 1000;
  }

  private get now(): number {
    return this.service.app.get(Clock).nowMs() / 1000;
  }

  private pass(seconds: number): void {
    this.seconds += seconds;
    this.service.advance(seconds);
    this.live = this.live.filter(({ exp }) => exp > this.now);
    this.cached = this.cached.filter(({ at }) => at >= this.seconds - CACHE);
  }

  private async getToken(): Promise<void> {
    const url = `${this.service.url}/bare-token/auth`;
    const renewed = await send('GET', `${url}/refresh`, { headers: { authorization: this.token } });
    const { authToken } = renewed.json as { authToken?: string };
    // A session's last tokens end with it, perhaps within the second.
    const isLasting = authToken !== undefined && (decode(authToken).claims.exp as number) > this.now + HOUR;
    this.token = isLasting ? authToken : await this.signIn();
    const { header, claims } = decode(this.token);
    const kid = header.kid as string;
    const firstOfKey = !this.kids.has(kid);
    const keep = this.live.filter(
      (one, i) => one.kid !== kid || this.live.findIndex((first) => first.kid === kid) === i,
    );
    this.live = [...(firstOfKey ? this.live : keep), { token: this.token, kid, exp: claims.exp as number }];
    this.kids.add(kid);
  }

  private async signIn(): Promise<string> {
    const { username, password } = person;
    const { json } = await send('POST', `${this.service.url}/bare-token/auth/login`, { body: { username, password } });
    return (json as { authToken: string }).authToken;
  }

  private async lookAtKeys(): Promise<void> {
    const { json, headers } = await send('GET', `${this.service.url}/.well-known/jwks.json`);
    expect(headers['cache-control']).toBe('public, max-age=600');
    const jwks = json as JSONWebKeySet;
    expect(jwks.keys.length).toBeLessThanOrEqual(3);
    this.cached.push({ at: this.seconds, jwks });
  }

  /** What a client thinks of a token that looks at the oldest keys that it may still have. */
  private async opinion(token: string): Promise<string> {
    const keys = createLocalJWKSet((this.cached[0] as { jwks: JSONWebKeySet }).jwks);
    const currentDate = new Date(this.now * 1000);
    const issuer = 'http://latchkey.test';
    const options = { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['ES256'], currentDate };
    return jwtVerify(token, keys, options).then(
      () => 'valid',
      (error: Error) => error.message,
    );
  }
}

/** Days that the service runs. In the autumn it stands still for longer than a key signs. */
const DAYS = sized({ small: 110, full: 365 });
const AUTUMN = sized({ small: 35, full: 250 });

/** Fewer keys than a service would have that never stands still. */
const KEYS = sized({ small: 3, full: 10 });

it('Whatever happens to keys, every live token verifies at every moment for a client that keeps the JWKS for 10 minutes', async () => {
  const service = await startService(ON_SQLITE);
  await send('POST', `${service.url}/bare-token/auth/register`, { body: person });
  const year = new Year(service);
  onTestFinished(() => year.stop());
  await year.goOn(0);

  while (year.seconds < DAYS * DAY) {
    const ahead = await year.nextEvent();
    // Minute by minute around everything that happens to a key, and in long steps between.
    if (ahead > 12 * MINUTE) await year.goOn(Math.min(ahead - 12 * MINUTE, 8 * HOUR));
    else for (let minutes = 0; minutes < 24; minutes++) await year.goOn(MINUTE);
    if (year.seconds > AUTUMN * DAY && year.seconds < (AUTUMN + 1) * DAY) await year.outage(45 * DAY);
  }

  expect(year.keysSeen).toBeGreaterThanOrEqual(KEYS);
}, 180_000);
