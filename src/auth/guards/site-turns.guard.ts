import type { ServerResponse } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { Config } from '../../config/env.js';
import { WAITING_PER_CONNECTION } from '../../database/bounded-pool.js';
import { EmbeddedRunner } from '../../database/embedded-runner.js';
import { AuthError } from '../../errors/auth-error.js';
import { networksOf } from '../../network/networks.js';
import { Turnstile } from '../../network/turnstile.js';

/** Part of the connections to the database that the requests of one site may occupy. */
const SHARE = 0.75;
const AT_LEAST = 4;

/** Routes that tell how the service is, which must be learnt also while it is busy. */
const HEALTH: ReadonlySet<string | undefined> = new Set(['/health/ready', '/opaque-token/health']);

const RETRY_AFTER_SECONDS = 5;

declare module 'fastify' {
  interface FastifyRequest {
    /** Lets the next request of the site begin: this one is answered, or waits for something else than the store. */
    endTurn?: (() => void) | undefined;
  }
}

/**
 * Lets fewer requests of each site be worked on at a time than there are connections to the database; its others wait in
 * turn. However many requests one caller sends, those of other sites find the store free. What is answered from memory does
 * not come here.
 */
@Injectable()
export class SiteTurnsGuard implements CanActivate {
  /** Longest wait of a request for its turn, in milliseconds. Only tests change it. */
  longestWaitMs = 5000;
  private readonly sites = new Map<string, Turnstile>();
  private readonly atOnce: number;
  /** Requests that have a turn. */
  private readonly holders = new Set<FastifyRequest>();
  /** As many as statements may wait, which are refused at once beyond that. */
  private readonly waiting: number;

  constructor({ DATABASE_POOL_SIZE }: Config, dataSource: DataSource) {
    this.atOnce = Math.max(AT_LEAST, Math.floor(DATABASE_POOL_SIZE * SHARE));
    this.waiting = WAITING_PER_CONNECTION * DATABASE_POOL_SIZE - this.atOnce;
    // While another process locks the embedded database, those that write must not hold up those that read.
    if (dataSource.options.type === 'better-sqlite3')
      EmbeddedRunner.of(dataSource).busy.onWait(() => this.holders.forEach(({ endTurn }) => endTurn?.()));
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    return HEALTH.has(request.routeOptions.url) || this.turn(request, http.getResponse());
  }

  private turn(request: FastifyRequest, { raw: response }: FastifyReply): boolean | Promise<boolean> {
    const { site: name, line, network, address } = networksOf(request.ip);
    const site = this.sites.get(name) ?? new Turnstile(this.atOnce, this.waiting);
    this.sites.set(name, site);
    const begin = (): true => {
      // Until it is answered, also if its client has gone: its statements are under way all the same.
      this.holders.add(request);
      request.endTurn = () => {
        request.endTurn = undefined;
        this.holders.delete(request);
        site.end();
        if (site.busyCount === 0) this.sites.delete(name);
      };
      return true;
    };
    if (site.tryTurn()) return begin();
    const who = { caller: [line, network, address], isKnown: false };
    return site.turn(who, untilGone(response, this.longestWaitMs)).then((isItsTurn) => {
      if (!isItsTurn) throw new AuthError('store_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
      return begin();
    });
  }
}

/** Stops the wait of a request when its client has gone, or after `longestWaitMs`. */
function untilGone(response: ServerResponse, longestWaitMs: number): (leave: () => void) => () => void {
  return (leave) => {
    const patience = setTimeout(leave, longestWaitMs);
    response.once('close', leave);
    return () => {
      clearTimeout(patience);
      response.off('close', leave);
    };
  };
}
