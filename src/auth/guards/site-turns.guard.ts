import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/env.js';
import { WAITING_PER_CONNECTION } from '../../database/bounded-pool.js';
import { AuthError } from '../../errors/auth-error.js';
import { FairQueue, type Waiting } from '../../network/fair-queue.js';
import { networksOf } from '../../network/networks.js';

/** Part of the connections to the database that the requests of one site may occupy. */
const SHARE = 0.75;
const AT_LEAST = 4;

/** Routes that tell how the service is, which must be learnt also while it is busy. */
const HEALTH: ReadonlySet<string | undefined> = new Set(['/health/ready', '/opaque-token/health']);

/** Longest wait of a request for its turn, in milliseconds. */
const LONGEST_WAIT_MS = 5000;

const RETRY_AFTER_SECONDS = 5;

declare module 'fastify' {
  interface FastifyRequest {
    /** Lets the next request of the site begin: this one is answered, or waits for something else than the store. */
    endTurn?: (() => void) | undefined;
  }
}

interface WaitingRequest extends Waiting {
  readonly start: () => void;
  readonly refuse: () => void;
}

/** The requests of a site (an IPv4 /24, an IPv6 /48). Its networks and addresses take turns. */
class Site {
  busy = 0;
  private readonly queue: FairQueue<WaitingRequest>;

  /** @param waiting requests that may wait */
  constructor(waiting: number) {
    this.queue = new FairQueue(waiting);
  }

  /** @throws {AuthError} `store_unavailable` if too many wait, or this one for too long */
  async turn(caller: readonly string[], whenGone: (leave: () => void) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (): void => {
        clearTimeout(patience);
        this.queue.remove(waiting);
        reject(new AuthError('store_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS }));
      };
      const start = (): void => {
        clearTimeout(patience);
        this.busy++;
        resolve();
      };
      const waiting: WaitingRequest = { caller, isKnown: false, start, refuse };
      const patience = setTimeout(refuse, LONGEST_WAIT_MS);
      whenGone(refuse);
      this.queue.add(waiting)?.refuse();
    });
  }

  end(): void {
    this.busy--;
    this.queue.take()?.start();
  }
}

/**
 * Lets fewer requests of each site be worked on at a time than there are connections to the database; its others wait in
 * turn. However many requests one caller sends, those of other sites find the store free. What is answered from memory does
 * not come here.
 */
@Injectable()
export class SiteTurnsGuard implements CanActivate {
  private readonly sites = new Map<string, Site>();
  private readonly atOnce: number;
  /** As many as statements may wait, which are refused at once beyond that. */
  private readonly waiting: number;

  constructor({ DATABASE_POOL_SIZE }: Config) {
    this.atOnce = Math.max(AT_LEAST, Math.floor(DATABASE_POOL_SIZE * SHARE));
    this.waiting = WAITING_PER_CONNECTION * DATABASE_POOL_SIZE - this.atOnce;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    return HEALTH.has(request.routeOptions.url) || this.turn(request, http.getResponse());
  }

  private turn(request: FastifyRequest, { raw: response }: FastifyReply): boolean | Promise<boolean> {
    const { site: name, line, network, address } = networksOf(request.ip);
    const site = this.sites.get(name) ?? new Site(this.waiting);
    this.sites.set(name, site);
    const begin = (): true => {
      // Until it is answered, also if its client has gone: its statements are under way all the same.
      request.endTurn = () => {
        request.endTurn = undefined;
        site.end();
        if (site.busy === 0) this.sites.delete(name);
      };
      return true;
    };
    if (site.busy < this.atOnce) {
      site.busy++;
      return begin();
    }
    return site.turn([line, network, address], (leave) => response.once('close', leave)).then(begin);
  }
}
