import type { Answer } from '../http.js';
import { type Example, Examples, mayHash } from './examples.js';
import { type Draft, written } from './draft.js';
import { mutate } from './mutations.js';
import type { Operation } from './operations.js';
import type { Oracle } from './oracle.js';
import type { Random } from './random.js';
import { converse } from './raw-connection.js';
import { rawExchange } from './raw-exchanges.js';
import type { RouteBook } from './route-book.js';
import type { Stock } from './stock.js';
import { type Outcome, Wire } from './wire.js';

/** A request whose answer was wrong. */
export interface Finding {
  readonly lane: number;
  readonly mutations: readonly string[];
  readonly request: string;
  readonly answer: string;
  readonly faults: readonly string[];
}

/** What a campaign did and found. */
export interface Report {
  requests: number;
  readonly findings: Finding[];
  /** How often each operation was answered with success, by method and path. */
  readonly successes: Map<string, number>;
  readonly statuses: Map<number, number>;
}

/** What a campaign works with. */
export interface Campaigning {
  readonly port: number;
  readonly book: RouteBook;
  readonly stock: Stock;
  readonly oracle: Oracle;
  readonly random: Random;
  /** Called now and then, for what has to be looked after. */
  readonly tend: () => void;
}

/** Connections at once; hashing has fewer of its own, so that it takes one thread and no more. */
const LANES = 8;
const HASHING_LANES = 2;

/** More than so many findings say nothing new. */
const ENOUGH = 25;

/** Answers of more characters take long to make, so their operations are asked in so many cases only. */
const LONG = 50_000;
const LONG_SHARE = 0.1;

/** How much of the hashing renews sessions, while they are few. */
const RENEWING = 0.7;

/** One request in so many is no HTTP, over a connection of its own. */
const RAW_SHARE = 1 / 60;

/** Sends mutated requests over several connections, and has every answer judged. */
export class Campaign {
  readonly report: Report = { requests: 0, findings: [], successes: new Map(), statuses: new Map() };
  private readonly long = new Set<Operation>();
  private lanes = 0;

  constructor(private readonly given: Campaigning) {}

  /** Sends so many requests more, with as much hashing among them as there is time for. */
  async run(requests: number): Promise<void> {
    const goal = this.report.requests + requests;
    const goesOn = (): boolean => this.report.requests < goal && this.report.findings.length < ENOUGH;
    const lanes = Array.from({ length: LANES + HASHING_LANES }, (_, lane) =>
      this.lane(++this.lanes, lane < HASHING_LANES, goesOn),
    );
    await Promise.all(lanes);
  }

  private async lane(part: number, isHashing: boolean, goesOn: () => boolean): Promise<void> {
    const { stock, port } = this.given;
    const random = this.given.random.branch(part);
    const examples = new Examples(stock, random, `f${part}x`);
    const wire = new Wire(port);
    while (goesOn()) {
      const { operation, isToBeGood } = this.choose(random, isHashing);
      const example = examples.of(operation);
      mutate(example.draft, random, stock, { isHashingAllowed: isHashing, isToBeGood });
      if (!isHashing && random.chance(RAW_SHARE)) {
        await this.provoke(part, example.draft, random);
        continue;
      }
      const outcome = await wire.ask(example.draft.method, written(example.draft));
      this.judge(part, example.draft, outcome);
      if (typeof outcome !== 'string' && example.draft.mutations.length === 0) this.learn(example, outcome);
    }
    wire.close();
  }

  /** Any operation; where hashing is meant, one that may hash, and mostly one that renews what is few. */
  private choose(random: Random, isHashing: boolean): { operation: Operation; isToBeGood: boolean } {
    const { book, stock } = this.given;
    const operations = isHashing ? book.operations.filter(mayHash) : book.operations;
    const door = isHashing && random.chance(RENEWING) ? stock.poorDoor() : undefined;
    const renewing = operations.filter(
      ({ source, described }) => source.name === door && described.security?.length === 0,
    );
    const operation = random.pick(renewing.length > 0 ? renewing : operations);
    if (this.long.has(operation) && !random.chance(LONG_SHARE)) return this.choose(random, isHashing);
    return { operation, isToBeGood: renewing.length > 0 };
  }

  /** What a valid request tells of the sessions in stock. */
  private learn({ draft: { operation }, person, credential }: Example, answer: Answer): void {
    const { stock } = this.given;
    const isPublic = operation.described.security?.length === 0;
    if (answer.status < 300 && isPublic) stock.harvest(operation.source.name, person, answer);
    if (answer.status === 401) stock.drop(credential);
  }

  private async provoke(part: number, draft: Draft, random: Random): Promise<void> {
    if (draft.method === 'HEAD') draft.method = 'GET';
    const exchange = rawExchange(draft, random);
    draft.mutations.push(exchange.name);
    draft.mayBeUnparsable = true;
    const { answers, faults } = await converse(this.given.port, exchange, draft.method);
    for (const answer of answers) this.judge(part, draft, answer);
    if (answers.length === 0) this.report.requests++;
    if (faults.length > 0) this.note(part, draft, answers[0] ?? 'closed', faults);
  }

  private judge(part: number, draft: Draft, outcome: Outcome): void {
    const { report } = this;
    report.requests++;
    if (report.requests % 200 === 0) this.given.tend();
    const faults = this.given.oracle.faultsOf(draft, outcome);
    if (faults.length > 0) this.note(part, draft, outcome, faults);
    if (typeof outcome === 'string') return;
    report.statuses.set(outcome.status, (report.statuses.get(outcome.status) ?? 0) + 1);
    if (outcome.text.length > LONG) this.long.add(draft.operation);
    if (outcome.status >= 300) return;
    const name = `${draft.operation.method} ${draft.operation.source.name} ${draft.operation.template}`;
    report.successes.set(name, (report.successes.get(name) ?? 0) + 1);
  }

  private note(lane: number, draft: Draft, outcome: Outcome, faults: readonly string[]): void {
    this.report.findings.push({
      lane,
      mutations: draft.mutations,
      request: written(draft).toString('latin1').slice(0, 1500),
      answer:
        typeof outcome === 'string'
          ? outcome
          : `${outcome.status} ${JSON.stringify(outcome.headers)} ${outcome.text}`.slice(0, 900),
      faults,
    });
  }
}
