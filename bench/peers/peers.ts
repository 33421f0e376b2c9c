import { type BetterAuth, startBetterAuth } from './better-auth.js';
import { isSimpleJwtInstalled, type SimpleJwt, startSimpleJwt } from './simplejwt.js';

/** The peers, each started when it is first asked for. */
export class Peers {
  private readonly betterAuths = new Map<'on' | 'off', Promise<BetterAuth>>();
  private simple: Promise<SimpleJwt> | undefined;

  /** @param folder where they store things @param atEnd has something done when the run is over */
  constructor(
    private readonly folder: string,
    private readonly atEnd: (end: () => unknown) => void,
  ) {}

  /** @param cookieCache whether it reads sessions from a cookie rather than from the store, as it does by default */
  betterAuth(cookieCache: 'on' | 'off' = 'off'): Promise<BetterAuth> {
    const started = this.betterAuths.get(cookieCache) ?? this.stopping(startBetterAuth(this.folder, cookieCache));
    this.betterAuths.set(cookieCache, started);
    return started;
  }

  /** SimpleJWT, where Debian's packages are installed. */
  async simpleJwt(): Promise<SimpleJwt | undefined> {
    if (!isSimpleJwtInstalled()) return undefined;
    return (this.simple ??= this.stopping(startSimpleJwt(this.folder)));
  }

  private async stopping<T extends BetterAuth | SimpleJwt>(starting: Promise<T>): Promise<T> {
    const peer = await starting;
    this.atEnd(() => peer.server.stop());
    return peer;
  }
}
