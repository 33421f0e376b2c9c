import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

const TOKEN_BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Makes and reads opaque tokens: 256 random bits, of which only the SHA-256 is stored. */
@Injectable()
export class OpaqueTokenService {
  /** A new token, as base64url. */
  generate(): string {
    return randomBytes(TOKEN_BYTES).toString('base64url');
  }

  /** Whether a text has the form of one of our tokens. */
  isWellFormed(token: string): boolean {
    return FORM.test(token);
  }

  /** Whether a text has the form of the tokens of the backend that this service replaces: clients still hold some. */
  isOfPredecessor(token: string): boolean {
    return UUID.test(token);
  }

  /** What is stored of a token: hex SHA-256. The token has 256 bits of entropy, so a fast hash is enough. */
  hash(token: string): string {
    return hash('sha256', token);
  }
}
