import type { IncomingMessage } from 'node:http';

/** A body in JSON as it goes out. */
export class JsonBody {
  readonly text: string;
  /** In bytes, as a header says it. */
  readonly length: string;

  constructor(value: object) {
    this.text = JSON.stringify(value);
    this.length = String(Buffer.byteLength(this.text));
  }
}

/** What a short cut answers. */
export interface ShortAnswer {
  readonly body: JsonBody;
  /** Whom the request speaks for, if it does for anybody. */
  readonly accountId: number | null;
}

/** An answer, or `undefined` for whatever is not plain; what is thrown is not plain either. */
export type Shortly = ShortAnswer | undefined;

/** A hot route that is answered without its controller where all about a request is plain: the token known, nothing refused. */
export interface ShortRoute {
  readonly method: 'GET' | 'POST';
  /** The pattern of its route. */
  readonly route: string;
  /** The targets that it answers at. */
  readonly paths: readonly string[];
  readonly contract: string | null;
  /** Whether it needs the body. */
  readonly asksInBody: boolean;
  /** What the controller answers too. Nothing changes by that, and nobody is refused. */
  readonly answer: (request: IncomingMessage, body: Buffer | undefined) => Shortly | Promise<Shortly>;
}

/** The hot routes, by target. */
export class ShortCuts {
  private readonly byPath = new Map<string, ShortRoute>();

  /** Lets short cuts be taken, once there is what they need. */
  open(routes: readonly ShortRoute[]): void {
    for (const route of routes) for (const path of route.paths) this.byPath.set(path, route);
  }

  /** The short cut of a request whose target is just a path. */
  routeFor({ method, url = '' }: IncomingMessage): ShortRoute | undefined {
    const route = this.byPath.get(url);
    return route?.method === method ? route : undefined;
  }
}
