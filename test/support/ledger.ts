import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { DRIVERS } from '../drivers/index.js';
import type { Driver, Expected, Request } from '../drivers/driver.js';
import { type Answer, send } from './http.js';
import { IN_BODY, IN_HEADER, type Pair, pairOf } from './pairs.js';
import { newPerson, type Person } from './people.js';

/** An account that somebody asked for, and through which contract. */
export interface Registration {
  readonly driver: Driver;
  readonly person: Person;
}

/** A use of a token of a session whose end was answered. */
export interface Ended {
  readonly use: Request;
  readonly refused: Expected;
}

/** Somebody who changes the password again and again. */
export interface Changer {
  readonly person: Person;
  readonly token: string;
  /** The password of the last change that was answered, and the one of a change that was not. */
  password: string;
  doubtful?: string;
  /** A password of before. */
  former?: string;
}

/** Somebody who refreshes again and again: the tokens of the last answer. */
export interface Refresher {
  readonly person: Person;
  pair: Pair;
}

/** What a service has answered until it died, and what it left in doubt. */
export class Ledger {
  readonly registered: Registration[] = [];
  readonly doubtfullyRegistered: Registration[] = [];
  readonly ended: Ended[] = [];
  readonly changers: Changer[] = [];
  readonly refreshers: Refresher[] = [];
  /** Answers that nobody expected. */
  readonly wrong: string[] = [];
  changes = 0;
  rotations = 0;
  /** Called with every answer. */
  onAnswer: () => void = () => undefined;

  get answers(): number {
    return this.registered.length + this.ended.length + this.changes + this.rotations;
  }
}

/** How a worker asks: over a connection of its own; `undefined` if no answer came. */
type Ask = (request: Request) => Promise<Answer | undefined>;

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const OPAQUE = DRIVERS.find(({ name }) => name === 'opaque-token') as Driver;
const PAIRS = DRIVERS.find(({ name }) => name === 'token-pair') as Driver;

/** The request that exchanges a refresh token. */
export function refreshing(refresh: string): Request {
  return { method: 'POST', path: '/auth/token/refresh', body: { refresh } };
}

/** Makes the accounts whose passwords are changed and whose sessions are refreshed under load. */
export async function prepare(url: string, changers: number, refreshers: number): Promise<Ledger> {
  const ledger = new Ledger();
  const ask = asker(url);
  const newChanger = async (): Promise<void> => {
    const person = newPerson();
    await ask(OPAQUE.registration(person));
    const token = OPAQUE.credential((await ask(OPAQUE.signIn(person))) as Answer);
    ledger.changers.push({ person, token, password: person.password });
  };
  const newRefresher = async (): Promise<void> => {
    const person = newPerson();
    ledger.refreshers.push({ person, pair: pairOf((await ask(PAIRS.registration(person))) as Answer) });
  };
  await Promise.all([
    ...Array.from({ length: changers }, newChanger),
    ...Array.from({ length: refreshers }, newRefresher),
  ]);
  return ledger;
}

/** Lets everybody act at once and again and again; fulfilled when nobody gets an answer any more. */
export async function load(url: string, ledger: Ledger): Promise<void> {
  await Promise.all([
    ...DRIVERS.map((driver) => register(asker(url), ledger, driver)),
    signInAndOut(asker(url), ledger),
    signInAndClear(asker(url), ledger),
    ...ledger.changers.map((changer) => change(asker(url), ledger, changer)),
    ...ledger.refreshers.map((refresher) => refresh(asker(url), ledger, refresher)),
  ]);
}

function asker(url: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return ({ method, path, ...sending }) => send(method, url + path, { ...sending, agent }).catch(() => undefined);
}

/** Whether an answer is the one that success has; any other is noted as wrong. */
function isAs(ledger: Ledger, { status }: Expected, answer: Answer): boolean {
  if (answer.status !== status) ledger.wrong.push(`${answer.status} ${answer.text}`);
  return answer.status === status;
}

async function register(ask: Ask, ledger: Ledger, driver: Driver): Promise<void> {
  for (;;) {
    const person = driver.newPerson();
    const answer = await ask(driver.registration(person));
    if (!answer) return void ledger.doubtfullyRegistered.push({ driver, person });
    if (!isAs(ledger, driver.registered(person), answer)) return;
    ledger.registered.push({ driver, person });
    ledger.onAnswer();
  }
}

/** Registers, which opens a session, and signs out at once. */
async function signInAndOut(ask: Ask, ledger: Ledger): Promise<void> {
  for (;;) {
    const person = newPerson();
    const registration = await ask(PAIRS.registration(person));
    if (!registration) return void ledger.doubtfullyRegistered.push({ driver: PAIRS, person });
    if (!isAs(ledger, PAIRS.registered(person), registration)) return;
    ledger.registered.push({ driver: PAIRS, person });
    const { access, refresh } = pairOf(registration);
    const end = await ask({ method: 'DELETE', path: '/account/sessions/current', headers: bearer(access) });
    if (!end || !isAs(ledger, { status: 204, body: undefined }, end)) return;
    ledger.ended.push({ use: PAIRS.guarded(access), refused: IN_HEADER.notValid });
    ledger.ended.push({ use: refreshing(refresh), refused: IN_BODY.blacklisted });
    ledger.onAnswer();
  }
}

/** Signs in and ends all sessions of the account at once. */
async function signInAndClear(ask: Ask, ledger: Ledger): Promise<void> {
  const person = newPerson();
  await ask(OPAQUE.registration(person));
  for (;;) {
    const signedIn = await ask(OPAQUE.signIn(person));
    if (!signedIn || !isAs(ledger, OPAQUE.signedIn(person), signedIn)) return;
    const token = OPAQUE.credential(signedIn);
    const end = await ask({ method: 'POST', path: '/clear-tokens', headers: bearer(token) });
    if (!end || !isAs(ledger, { status: 200, body: undefined }, end)) return;
    ledger.ended.push({ use: OPAQUE.guarded(token), refused: OPAQUE.refusals.forgedToken });
    ledger.onAnswer();
  }
}

async function change(ask: Ask, ledger: Ledger, changer: Changer): Promise<void> {
  for (let n = 1; ; n++) {
    const password = `Secret${n}${randomBytes(6).toString('hex')}`;
    const answer = await ask({
      method: 'POST',
      path: '/change-password',
      headers: bearer(changer.token),
      body: { old_password: changer.password, new_password: password },
    });
    if (!answer) return void (changer.doubtful = password);
    if (!isAs(ledger, { status: 200, body: undefined }, answer)) return;
    changer.former = changer.password;
    changer.password = password;
    ledger.changes++;
    ledger.onAnswer();
  }
}

async function refresh(ask: Ask, ledger: Ledger, refresher: Refresher): Promise<void> {
  for (;;) {
    const answer = await ask(refreshing(refresher.pair.refresh));
    if (!answer || !isAs(ledger, PAIRS.signedIn(refresher.person), answer)) return;
    refresher.pair = pairOf(answer);
    ledger.rotations++;
    ledger.onAnswer();
  }
}
