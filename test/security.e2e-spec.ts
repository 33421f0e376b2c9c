import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTRACTS } from '../src/contracts/index.js';
import type { Request } from './drivers/driver.js';
import { DRIVERS } from './drivers/index.js';
import { type Answer, send } from './support/http.js';
import { documentOf } from './support/openapi.js';
import { mailedUrl } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { resetUrl, setPassword, verifiedPerson } from './support/reset.js';
import { type Service, startService } from './support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('a service that was just started', () => {
  it('has no account, and knows none of the names that others make by default', async () => {
    const accounts: unknown = await service.app.get(DataSource).query('SELECT id FROM users');
    const clients: unknown = await service.app.get(DataSource).query('SELECT id FROM service_clients');
    expect({ accounts, clients }).toEqual({ accounts: [], clients: [] });
    for (const username of ['admin', 'root', 'sa', 'latchkey']) {
      const body = { username, password1: username };
      expect((await send('POST', `${service.url}/cookie/users/login`, { body })).status).toBe(404);
    }
  });
});

describe('what a mailed link does', () => {
  const TOKEN = /eyJ|authToken|access|refresh|token=/;

  it('opens no session, be it to verify an address or to set a password', async () => {
    const { email, password } = newPerson();
    await send('POST', `${service.url}/basic/api/v1.0/register`, { body: { email, password } });
    const person = await verifiedPerson(service);
    const before = await sessions();
    const answers = [
      await send('POST', await mailedUrl(service, email)),
      await setPassword(await resetUrl(service, person.email)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const { headers, text } of answers) {
      expect(headers['set-cookie']).toBeUndefined();
      expect(text).not.toMatch(TOKEN);
    }
    expect(await sessions()).toBeLessThanOrEqual(before);
  });

  async function sessions(): Promise<number> {
    const rows: unknown[] = await service.app.get(DataSource).query('SELECT id FROM sessions WHERE revoked_at IS NULL');
    return rows.length;
  }
});

describe('the fields of all routes', () => {
  it('ask for no hint, and for no answer to a question that only the owner knows', async () => {
    const names = ['native', ...CONTRACTS.map(({ contract }) => contract.name)];
    const documents = await Promise.all(names.map(async (name) => (await documentOf(service, name)).document));
    const fields = documents.flatMap(({ components }) =>
      Object.values(components?.schemas ?? {}).flatMap((schema) =>
        Object.keys('properties' in schema ? (schema.properties ?? {}) : {}),
      ),
    );
    expect(fields).toContain('password');
    // Of RFC 7662 §2.1, and no hint at a password.
    const asking = fields.filter((field) => field !== 'token_type_hint' && /hint|question|answer|maiden/i.test(field));
    expect(asking).toEqual([]);
  });
});

describe.each(DRIVERS)('a password of $name', (driver) => {
  const ask = ({ method, path, ...sending }: Request): Promise<Answer> =>
    send(method, `${service.url}/${driver.name}${path}`, sending);

  it('may have 64 characters, and is good however old it is', async () => {
    const person = newPerson(`Aa1${'x'.repeat(60)}${driver.name === 'cookie' ? '#' : 'x'}`);
    expect(person.password).toHaveLength(64);
    expect((await ask(driver.registration(person))).status).toBe(driver.registered(person).status);
    await driver.activate?.(service, person);
    expect((await ask(driver.signIn(person))).status).toBe(driver.signedIn(person).status);

    service.advance(10 * 365 * 86_400);

    expect((await ask(driver.signIn(person))).status).toBe(driver.signedIn(person).status);
  });
});
