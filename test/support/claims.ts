import { DataSource } from 'typeorm';
import { expect } from 'vitest';
import { User } from '../../src/users/user.entity.js';
import { BasicClient } from './basic.client.js';
import { CookieClient, STRONG_PASSWORD } from './cookie.client.js';
import { type Answer, form, send } from './http.js';
import { mailsTo, urlOf } from './outbox.js';
import { newPerson, type Person } from './people.js';
import { heading } from './reset.js';
import type { Service } from './service.js';

/** The contracts that take an address. */
export const WITH_ADDRESS = ['basic', 'cookie'] as const;

/** A contract that takes an address. */
export type WithAddress = (typeof WITH_ADDRESS)[number];

/** Registers somebody with an address through a contract. */
export function registerThrough(service: Service, contract: WithAddress, person: Person): Promise<Answer> {
  return contract === 'basic'
    ? new BasicClient(`${service.url}/basic`).register(person)
    : new CookieClient(`${service.url}/cookie`).register(person);
}

/** Somebody new who claims an address through a contract, with a password of their own. */
export async function claim(service: Service, contract: WithAddress, email: string): Promise<Person> {
  const person = { ...newPerson(`${STRONG_PASSWORD}${newPerson().username}`), email };
  expect((await registerThrough(service, contract, person)).status).toBe(contract === 'basic' ? 200 : 201);
  return person;
}

/** The rows of all accounts with an address, the oldest first. */
export async function claimants({ app }: Service, email: string): Promise<User[]> {
  return app
    .get(DataSource)
    .getRepository(User)
    .find({ where: { emailKey: email }, order: { id: 'ASC' } });
}

/** Has links to confirm mailed to everybody who claims an address. */
export async function askForLinks(service: Service, email: string): Promise<void> {
  expect((await send('POST', `${service.url}/verify/resend`, { body: { email } })).status).toBe(202);
}

/** The links in the last mail to an address, where the service serves them. */
export async function linksTo(service: Service, email: string): Promise<string[]> {
  return linksIn(service, (await mailsTo(service, email)).at(-1)?.text);
}

/** The links in the text of a mail, where the service serves them. */
export function linksIn(service: Service, text = ''): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('http'))
    .map((link) => urlOf(service, link));
}

/** Confirms as the form of a contested link does. */
export function confirmWith(url: string, password: string): Promise<Answer> {
  return send('POST', url, form({ email: 'whatever the form names', password }));
}

/** The page of a link. */
export async function look(url: string): Promise<object> {
  return heading(await send('GET', url));
}

/** The page after its button was pressed. */
export async function press(url: string): Promise<object> {
  return heading(await send('POST', url));
}
