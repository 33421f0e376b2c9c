import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { basic } from '../drivers/basic.driver.js';
import { send } from '../support/http.js';
import { MailServer } from '../support/mail-server.js';
import { startPostgres } from '../support/postgres.js';
import { emptyFolder, freePort, startProcess } from '../support/process.js';
import { whole } from '../support/whole.js';

/** A folder that nobody can make, root included. */
const NO_FOLDER = '/dev/null/data';

describe('a service with PostgreSQL and a mail server', () => {
  it('starts, serves, mails and stops without a folder that it may write', async () => {
    const mails = await MailServer.start();
    onTestFinished(() => mails.stop());
    const folder = emptyFolder();
    const service = startProcess(folder, {
      ...(await (await startPostgres()).createDatabase('no_folder')),
      PORT: await freePort(),
      PUBLIC_URL: 'https://login.example.com',
      SMTP_URL: `smtp://127.0.0.1:${mails.port}`,
      DATA_DIR: NO_FOLDER,
    });
    await service.listening;

    const person = basic.newPerson();
    const { method, path, ...sending } = basic.registration(person);
    const arriving = mails.next();
    expect(whole(await send(method, service.url + path, sending))).toEqual(basic.registered(person));
    expect((await arriving).to).toEqual([person.email]);

    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(service.errors()).toBe('');
    expect(readdirSync(folder)).toEqual([]);
  });
});
