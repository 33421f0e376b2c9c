import { DataSource } from 'typeorm';
import { expect } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { User } from '../../src/users/user.entity.js';
import { type Answer, form, send, type Sending } from './http.js';
import { mailedUrl } from './outbox.js';
import { pairOf, PairClient } from './pairs.js';
import { newPerson, type Person } from './people.js';
import type { Service } from './service.js';

/** Somebody with an account and a session of contract 1. */
export interface Somebody {
  readonly id: number;
  readonly person: Person;
  readonly access: string;
  readonly refresh: string;
}

/** Registers somebody new and signs them in. */
export async function somebody({ url, app }: Service): Promise<Somebody> {
  const person = newPerson();
  const { access, refresh } = pairOf(await new PairClient(url).register(person));
  const { id } = await app.get(DataSource).getRepository(User).findOneByOrFail({ username: person.username });
  return { id, person, access, refresh };
}

/** Registers an administrator. */
export async function newAdmin(service: Service): Promise<Admin> {
  const who = await somebody(service);
  await service.app.get(DataSource).getRepository(User).update({ id: who.id }, { isAdmin: true });
  return new Admin(service, who);
}

/** An administrator at the native API. */
export class Admin {
  readonly id: number;
  readonly access: string;
  readonly person: Person;

  constructor(
    private readonly service: Service,
    who: Somebody,
  ) {
    this.id = who.id;
    this.access = who.access;
    this.person = who.person;
  }

  send(method: string, path: string, { headers = {}, body }: Sending = {}): Promise<Answer> {
    const authorization = `Bearer ${this.access}`;
    return send(method, this.service.url + path, { headers: { authorization, ...headers }, body });
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  change(id: number, body: object): Promise<Answer> {
    return this.send('PATCH', `/admin/users/${id}`, { body });
  }

  delete(id: number): Promise<Answer> {
    return this.send('DELETE', `/admin/users/${id}`);
  }

  /** The events of a query, once all that waited are written; the newest first. */
  async events(query: string): Promise<Record<string, unknown>[]> {
    await this.service.app.get(AuditLog).flush();
    return ((await this.get(`/admin/audit?${query}`)).json as { events: Record<string, unknown>[] }).events;
  }
}

const TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** An account as administrators see it, whole, but for what is said of it here. */
export function accountSeen(of: object): object {
  return {
    id: expect.any(Number) as number,
    username: null,
    email: null,
    email_verified_at: null,
    is_admin: false,
    status: 'active',
    has_pin: false,
    created_at: TIME,
    updated_at: TIME,
    last_sign_in_at: null,
    ...of,
  };
}

/** Any time as it is answered. */
export const SOME_TIME = TIME;

/** What is no id of an account. */
export const NO_IDS = ['0', '-1', '1.5', '01', 'x', '2147483648', '99999999999', '%00', '1%20'];

/** Sets a new password as the owner does, by the link that was mailed to the address. Answers the status. */
export async function setPasswordByMail(service: Service, email: string, password: string): Promise<number> {
  return (await send('POST', await mailedUrl(service, email), form({ password }))).status;
}
