/** The account a token speaks for, as far as a token or an answer may tell of it. */
export interface TokenSubject {
  readonly id: number;
  readonly username: string | null;
  readonly email: string | null;
  readonly isAdmin: boolean;
  readonly status: 'pending' | 'active' | 'deactivated';
  readonly emailVerifiedAt: Date | null;
}

/** A session as the tokens made from it need it. */
export interface LiveSession {
  readonly id: string;
  readonly accountId: number;
  readonly contract: string;
  /** The account's security epoch when the session was opened. */
  readonly epoch: number;
  readonly generation: number;
  readonly rotatedAt: Date;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
