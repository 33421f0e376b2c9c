import { Injectable } from '@nestjs/common';
import { KeyRing, type RingKey } from '../tokens/key-ring.js';

/** The JWK Set (RFC 7517 §5) of the keys that verify access tokens, made anew only when the ring has changed. */
@Injectable()
export class PublishedKeys {
  private json = '';
  private kids: string | undefined;

  constructor(private readonly ring: KeyRing) {}

  /** As JSON. A key's id is its thumbprint, so that the ids tell whether anything has changed. */
  asJson(): string {
    const keys = this.ring.published;
    const kids = keys.map(({ kid }) => kid).join();
    if (kids !== this.kids) {
      this.json = JSON.stringify({ keys: keys.map(jwkOf) });
      this.kids = kids;
    }
    return this.json;
  }
}

function jwkOf({ publicJwk, kid, algorithm }: RingKey): object {
  return { ...publicJwk, kid, alg: algorithm, use: 'sig' };
}
