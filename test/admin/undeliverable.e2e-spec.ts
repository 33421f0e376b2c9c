import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ofAccount } from '../../src/auth/by-mail/mail-jobs.js';
import { MailQueue } from '../../src/mail/mail-queue.js';
import { MailsStore } from '../../src/mail/mails.store.js';
import { type Admin, newAdmin, SOME_TIME } from '../support/admins.js';
import { bothEngines } from '../support/engines.js';
import type { Answer } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { PairClient } from '../support/pairs.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const password = 'Aurora borealis 7#';

describe.each(bothEngines('undeliverable'))(
  'An act of the help desk that needs a mail, on $engine,',
  ({ settings }) => {
    let service: Service;
    let admin: Admin;

    beforeAll(async () => {
      service = await startService(await settings());
      admin = await newAdmin(service);
    });
    afterAll(() => service.stop());

    const act = (id: number, what: string, body?: object): Promise<Answer> =>
      admin.send('POST', `/admin/users/${id}/${what}`, { body });

    /** Somebody with a proved address. */
    async function owner(): Promise<{ id: number; username: string; email: string }> {
      const { username, email } = newPerson();
      const body = { username, email, email_verified: true, password };
      const { id } = (await admin.send('POST', '/admin/users', { body })).json as { id: number };
      return { id, username, email };
    }

    /** Does something while as many mails of an account wait as there may be. */
    async function withFullQueue(id: number, run: () => Promise<void>): Promise<void> {
      const held = vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
      const mail = { kind: 'verify_email', accountId: id };
      for (let n = 0; n < 100; n++)
        await service.app.get(MailQueue).enqueue(mail, { owner: ofAccount(id), to: `${id}@example.com`, from: null });
      await run();
      await service.app.get(MailQueue).forget(ofAccount(id));
      held.mockRestore();
    }

    it('is refused for a closed account, to which no link is mailed', async () => {
      const { id, email } = await owner();
      await admin.change(id, { status: 'deactivated' });
      expect(whole(await act(id, 'email', { email: newPerson().email }))).toEqual(problem('account_closed'));
      expect((await admin.get(`/admin/users/${id}`)).json).toMatchObject({ email, email_verified_at: SOME_TIME });
    });

    it('is refused while too many mails of the account wait, and changes nothing', async () => {
      const { id, username, email } = await owner();
      await withFullQueue(id, async () => {
        const { email: other } = newPerson();
        expect(whole(await act(id, 'email', { email: other }))).toEqual(problem('too_many_attempts'));
        expect(whole(await act(id, 'password-reset'))).toEqual(problem('too_many_attempts'));
        expect(whole(await admin.change(id, { force_password_reset: true }))).toEqual(problem('too_many_attempts'));
      });
      expect((await admin.get(`/admin/users/${id}`)).json).toMatchObject({ email, email_verified_at: SOME_TIME });
      expect((await new PairClient(service.url).signIn({ username, email, password })).status).toBe(200);
      const refused = await admin.events(`account=${id}&refusal=too_many_attempts`);
      expect(new Set(refused.map(({ kind }) => kind))).toEqual(
        new Set(['account_changed', 'email_set', 'password_reset_mailed']),
      );
    });
  },
);
