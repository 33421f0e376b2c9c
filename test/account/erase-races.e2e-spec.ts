import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnerCheck } from '../../src/auth/account/owner-check.service.js';
import { UsersService } from '../../src/users/users.service.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { AccountClient, askAs, type Holder } from '../support/account.client.js';
import { accountOf } from '../support/accounts.js';
import { holdNext } from '../support/hold.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const DONE = { status: 204, body: undefined };
const NEW = 'Vole0Quartz9Plinth';

let service: Service;
let client: AccountClient;

beforeAll(async () => {
  service = await startService();
  client = new AccountClient(() => service, bareToken);
});
afterAll(() => service.stop());

/** Erases an account, and does something else between the check of the password and the erasure. */
async function erasedAfter(holder: Holder, meanwhile: () => Promise<unknown>): Promise<object> {
  const checked = holdNext(service.app.get(OwnerCheck), 'demand', 'after');
  const answer = askAs(service, holder, 'DELETE', '/account', { body: { password: holder.person.password } });
  await checked.reached;
  await meanwhile();
  checked.release();
  return whole(await answer);
}

describe('DELETE /account whose password was checked', () => {
  it('is refused if the password is changed before the account is erased', async () => {
    const mine = await client.newcomer();
    const owner = await client.signIn(mine.person);
    const change = { old_password: mine.person.password, new_password: NEW };
    const answer = await erasedAfter(mine, () => askAs(service, owner, 'POST', '/account/password', { body: change }));
    expect(answer).toEqual(problem('current_password_wrong'));
    expect((await askAs(service, owner, 'GET', '/account')).status).toBe(200);
  });

  it('goes on if the same password is only stored otherwise meanwhile', async () => {
    const mine = await client.newcomer();
    const twin = await client.newcomer();
    const answer = await erasedAfter(mine, async () => {
      const { id, passwordHash } = await accountOf(service, mine.person);
      // Both have the same password: the other's hash of it is one that a rehash may have stored.
      await service.app
        .get(UsersService)
        .replaceHash(id, passwordHash, (await accountOf(service, twin.person)).passwordHash);
    });
    expect(answer).toEqual(DONE);
  });

  it('leaves no session alive that is opened meanwhile', async () => {
    const mine = await client.newcomer();
    let opened: Holder | undefined;
    const answer = await erasedAfter(mine, async () => {
      opened = await client.signIn(mine.person);
    });
    expect(answer).toEqual(DONE);
    expect(whole(await askAs(service, opened as Holder, 'GET', '/account'))).toEqual(problem('token_account_gone'));
  });
});
