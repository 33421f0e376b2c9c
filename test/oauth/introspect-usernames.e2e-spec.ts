import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { User } from '../../src/users/user.entity.js';
import { changeAccount } from '../support/accounts.js';
import { signInThrough } from '../support/contract-tokens.js';
import { OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';
import { atOneTime, recordStatements } from '../support/statements.js';

let service: Service;
let client: OAuthClient;

beforeAll(async () => {
  service = await startService();
  client = await OAuthClient.of(service, 'introspect');
});
afterAll(() => service.stop());

describe('the username in an introspection', () => {
  it('is read once for a while where a token does not say it, also in a short cut', async () => {
    const { access = '', person } = await signInThrough(service, 'bare-token');
    await service.app.get(MailDelivery).settled();
    service.advance(10);
    const statements = recordStatements(service);
    await atOneTime(service, async () => {
      for (let times = 0; times < 3; times++)
        expect(await client.introspect(access)).toMatchObject({ active: true, username: person.username });
    });
    const reads = statements.filter((statement) => statement.startsWith('SELECT'));
    expect(reads.filter((statement) => statement.includes('FROM users'))).toHaveLength(1);
  });

  it('is left out of an account that has none, and there within five seconds of its getting one', async () => {
    const { access = '', person } = await signInThrough(service, 'basic');
    const username = person.email;
    await changeAccount(service, { username }, { username: null, usernameKey: null });
    service.advance(6);
    const answer = await client.introspect(access);
    expect(answer).toMatchObject({ active: true });
    expect(answer).not.toHaveProperty('username');
    const users = service.app.get(DataSource).getRepository(User);
    await users.update({ email: person.email }, { username: 'somebody new', usernameKey: 'somebody new' });
    service.advance(6);
    expect(await client.introspect(access)).toMatchObject({ username: 'somebody new' });
  });
});
