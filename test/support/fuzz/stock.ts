import type { Answer } from '../http.js';
import { decode } from '../jwt.js';
import type { Person } from '../people.js';
import type { Random } from './random.js';

/** A session that a door opened for somebody, with all that it was given. */
export interface Credential {
  readonly door: string;
  readonly person: Person;
  /** What opens the door, and what is exchanged for more of it. */
  readonly access: string;
  readonly refresh: string | undefined;
}

/** The credentials of a service client, and a token of its own. */
export interface ClientCredential {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

/** How many sessions of a door are remembered, and from how many on they are ended freely. */
const PLENTY = 40;
const ENOUGH = 6;

/** How often an ended session is spent in the place of a good one, while good ones are few. */
const SPARING = 0.97;

/** No account's number is zero, and the first one's is the administrator's. */
const NOBODY: Victim = { accountId: '0', sessionId: '00000000-0000-4000-8000-000000000000' };

/** Where answers have tokens: in these fields, the access token first, and in a cookie. */
const ACCESS_FIELDS = ['authToken', 'access', 'access_token', 'token'];
const REFRESH_FIELDS = ['refresh', 'refresh_token'];

/** An account that may be ended, and a session of its own. */
export interface Victim {
  readonly accountId: string;
  readonly sessionId: string;
}

/** The valid credentials that requests are made with. What destroys takes from the passing ones, which are renewed. */
export class Stock {
  /** Sessions that nothing ever ends; they have to be good at the end. */
  readonly kept: Credential[] = [];
  readonly passing = new Map<string, Credential[]>();
  readonly links: string[] = [];
  /** Sessions that have ended, or are not needed. */
  private readonly spent: Credential[] = [];

  constructor(
    readonly admin: Credential,
    readonly client: ClientCredential,
  ) {}

  /** Takes in the tokens of an answer, as one session of a person at a door. */
  harvest(door: string, person: Person, answer: Answer): Credential | undefined {
    const credential = credentialIn(door, person, answer);
    if (!credential) return undefined;
    const sessions = this.passing.get(door) ?? [];
    sessions.push(credential);
    if (sessions.length > PLENTY) this.retire(sessions.shift() as Credential);
    this.passing.set(door, sessions);
    return credential;
  }

  /** A session of a door, or of any: a good one that may come to be ended. */
  draw(random: Random, door?: string): Credential {
    const passing = this.passingAt(door);
    return passing.length === 0 ? random.pick(this.kept) : random.pick(passing);
  }

  /** A session of a door, or of any, that must not be ended. */
  drawKept(random: Random, door?: string): Credential {
    return random.pick(this.kept.filter((credential) => door === undefined || credential.door === door));
  }

  /** A session of a door, or of any, for a request that may end it; mostly one that has ended, while good ones are few. */
  drawToSpend(random: Random, door?: string): Credential {
    const spent = this.spent.filter((credential) => door === undefined || credential.door === door);
    const isPoor = this.passingAt(door).length < (door === undefined ? this.passing.size : 1) * ENOUGH;
    return isPoor && spent.length > 0 && random.chance(SPARING) ? random.pick(spent) : this.draw(random, door);
  }

  /** An account that may be ended; nobody's if there is none. */
  victim(random: Random): Victim {
    const { access } = this.drawToSpend(random);
    return access.split('.').length === 3 ? idsOf(access) : NOBODY;
  }

  private passingAt(door: string | undefined): readonly Credential[] {
    return door === undefined ? [...this.passing.values()].flat() : (this.passing.get(door) ?? []);
  }

  /** Takes out a session that was found ended. */
  drop(credential: Credential): void {
    const sessions = this.passing.get(credential.door) ?? [];
    if (sessions.length > 1 && sessions.includes(credential)) {
      sessions.splice(sessions.indexOf(credential), 1);
      this.retire(credential);
    }
  }

  /** The door whose sessions are fewest, if they are too few. */
  poorDoor(): string | undefined {
    const [poorest] = [...this.passing].sort(([, a], [, b]) => a.length - b.length);
    return poorest && poorest[1].length < ENOUGH ? poorest[0] : undefined;
  }

  private retire(credential: Credential): void {
    this.spent.push(credential);
    if (this.spent.length > PLENTY) this.spent.shift();
  }

  /** Any genuine token at all. */
  anyToken(random: Random): string {
    const { access, refresh } = this.drawToSpend(random);
    return random.pick([access, access, refresh ?? access, this.client.token]);
  }
}

/** The session that an answer opens, if it does. */
export function credentialIn(door: string, person: Person, { json, headers }: Answer): Credential | undefined {
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const found = (names: readonly string[]): string | undefined =>
    names.map((name) => fields[name]).find((value): value is string => typeof value === 'string');
  const cookie = /^[\w-]+=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')?.[1];
  const access = cookie ?? found(ACCESS_FIELDS);
  return access === undefined ? undefined : { door, person, access, refresh: found(REFRESH_FIELDS) };
}

function idsOf(access: string): Victim {
  const { sub, sid } = decode(access).claims as Record<string, string | undefined>;
  return { accountId: sub ?? NOBODY.accountId, sessionId: sid ?? NOBODY.sessionId };
}
