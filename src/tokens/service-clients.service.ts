import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { Clock } from '../config/clock.js';
import { Rows } from '../database/rows.js';
import { ServiceClient } from './service-client.entity.js';

/** What service clients may be allowed to do. */
export const SCOPES = {
  introspect: 'Ask what a token is worth.',
  'introspect:refresh': 'Ask it of refresh tokens too.',
  revoke: 'End the session of a token.',
} as const;

/** The name of a scope. */
export type Scope = keyof typeof SCOPES;

const ID_BYTES = 12;

/** True for what can be the id of a service client. */
export const isClientId = (text: string): boolean => /^svc_[0-9a-f]{24}$/.test(text);

const SECRET_BYTES = 32;

/** What the secret of a client that does not exist is compared with; no secret has this hash. */
const NO_HASH = '0'.repeat(64);

/** What a token's scope still allows: those that its client has now. Both are separated by spaces. */
export function stillGranted(scope: string, { scopes }: ServiceClient): string {
  const granted = scopes.split(' ');
  return scope
    .split(' ')
    .filter((one) => granted.includes(one))
    .join(' ');
}

/** The services that may ask Latchkey about tokens. */
@Injectable()
export class ServiceClientsService {
  constructor(
    @InjectRepository(ServiceClient) private readonly clients: Repository<ServiceClient>,
    private readonly rows: Rows,
    private readonly clock: Clock,
  ) {}

  /** Makes a client. Its secret is told here and never again: only the SHA-256 is stored. */
  async create(name: string, scopes: readonly Scope[]): Promise<{ id: string; secret: string }> {
    const id = `svc_${randomBytes(ID_BYTES).toString('hex')}`;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    await this.clients.insert({
      id,
      name,
      secretHash: hash('sha256', secret),
      scopes: asText(scopes),
      createdAt: this.clock.now(),
      revokedAt: null,
    });
    return { id, secret };
  }

  /** Every client, also those that were revoked, the oldest first. */
  async list(): Promise<ServiceClient[]> {
    return this.clients.find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** Gives a client other scopes than it had. Answers those that it had, if there is such a client that was not revoked. */
  async changeScopes(id: string, scopes: readonly Scope[]): Promise<string | undefined> {
    const before = await this.findActive(id);
    if (!before) return undefined;
    const { affected } = await this.clients.update({ id, revokedAt: IsNull() }, { scopes: asText(scopes) });
    return affected === 1 ? before.scopes : undefined;
  }

  /** Closes a client for good. Answers whether there was such a client to close. */
  async revoke(id: string): Promise<boolean> {
    if (!isClientId(id)) return false;
    const { affected } = await this.clients.update({ id, revokedAt: IsNull() }, { revokedAt: this.clock.now() });
    return affected === 1;
  }

  /** A client that was not revoked. */
  async findActive(id: string): Promise<ServiceClient | undefined> {
    const client = await this.find(id);
    return client?.revokedAt === null ? client : undefined;
  }

  /** Whether there is a client of that id, be it a revoked one. */
  async exists(id: string): Promise<boolean> {
    return (await this.find(id)) !== undefined;
  }

  /** The client of an id and its secret. A wrong secret, a revoked client and an unknown one cost the same. */
  async authenticate(id: string, secret: string): Promise<ServiceClient | undefined> {
    const client = await this.find(id);
    const isRight = timingSafeEqual(
      hash('sha256', secret, 'buffer'),
      Buffer.from(client?.secretHash ?? NO_HASH, 'hex'),
    );
    return isRight && client?.revokedAt === null ? client : undefined;
  }

  /** A text of another form is nobody's id, and may hold what a store refuses to compare. */
  private async find(id: string): Promise<ServiceClient | undefined> {
    return isClientId(id) ? this.rows.one(ServiceClient, 'id', id) : undefined;
  }
}

function asText(scopes: readonly Scope[]): string {
  return [...new Set(scopes)].sort().join(' ');
}
