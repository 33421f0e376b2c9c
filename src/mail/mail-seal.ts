import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ServiceSecret } from '../config/service-secret.js';
import type { MailJob } from './mail-job.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals the mails that wait: they name people and lead to links, which whoever may read the store must not learn. */
@Injectable()
export class MailSeal {
  private readonly sealing: Buffer;
  private readonly hashing: Buffer;

  constructor(secret: ServiceSecret) {
    this.sealing = secret.derive('mails');
    this.hashing = secret.derive('owners of mails');
  }

  /** Alike for the same text, and no clue to it. */
  hash(text: string): string {
    return createHmac('sha256', this.hashing).update(text).digest('base64url');
  }

  /** AES-256-GCM, bound to the id. */
  seal(job: MailJob, id: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.sealing, nonce).setAAD(Buffer.from(id));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(job)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** `undefined` if it was sealed under another service secret. */
  unseal(sealed: string, id: string): MailJob | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, this.sealing, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString()) as MailJob;
    } catch {
      return undefined;
    }
  }
}
