import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Origin } from '../audit/audit-entry.js';
import type { Config } from '../config/env.js';
import type { RefreshTokenClaims } from '../tokens/refresh-token.service.js';
import type { TokenSubject } from '../tokens/token-subject.js';
import type { IdentifierKind } from '../users/identifiers.js';

/** A name and a password as a caller presented them. */
export interface Credentials {
  readonly identifier: string;
  readonly password: string;
  /** What a refusal says instead, where the door would not let anybody choose such texts. */
  readonly refusal?: Error | undefined;
}

/** What of a request may carry an access token. */
export interface Presented {
  readonly headers: IncomingHttpHeaders;
}

/** The token that a request presents. If it presents several, as cookies of one name, the first one that is valid counts. */
export type PresentedTokens = string | readonly string[];

/** What the core has to know of a way in: whom it looks up, where it finds what a caller presents, what it hands out. */
export interface Door {
  /** The `client_id` of its tokens. */
  readonly name: string;
  readonly signsInBy: IdentifierKind;
  /** What its front ends may demand of a password, for people, if that is more than this service demands. */
  readonly passwordRule?: string;
  /** How long a session lasts, in seconds. */
  readonly sessionLifetime: (config: Config) => number;
  /** Its access tokens, if it has any. */
  readonly accessToken?: {
    /** In seconds. */
    readonly lifetime: (config: Config) => number;
    /** The claims its documents promise beside those of every token. */
    readonly claims: (subject: TokenSubject) => object;
    /** The token a request presents. @throws {AuthError} `token_missing` or `token_header_malformed` */
    readonly read: (request: Presented, config: Config) => PresentedTokens;
  };
  /** Its refresh tokens, if it has any. */
  readonly refreshToken?: {
    /** In seconds. */
    readonly lifetime: (config: Config) => number;
    /** The token a request presents. @throws {AuthError} `token_missing` or `token_header_malformed` */
    readonly read: (request: FastifyRequest) => string | Promise<string>;
  };
}

/** Where a request comes from, for the record of the session it opens and of what it does. */
export interface Client extends Origin {
  readonly ip: string;
  readonly requestId: string;
  /** Notes for the log which account it turned out to be. */
  readonly identify: (accountId: number) => void;
  /** Calls back once its connection is gone. Answers a function that takes this back. */
  readonly whenGone: (leave: () => void) => () => void;
  /** Lets the next request of the same site use the store, while this one waits for something else. */
  readonly endTurn: () => void;
}

/** Who a request speaks for, once its token was checked. */
export interface Principal {
  readonly accountId: number;
  readonly sessionId: string;
  /** The contract whose token it was. */
  readonly contract: string;
  /** What the token says, if it is a JWT. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly client: Client;
}

/** A principal as a strategy finds it, which sees the token and not the request. */
export type TokenPrincipal = Omit<Principal, 'client'>;

/** Who asks for new tokens, once the refresh token was checked; whether its session may still be used is not known yet. */
export interface RefreshPrincipal extends Omit<Principal, 'claims'> {
  readonly claims: RefreshTokenClaims;
}
