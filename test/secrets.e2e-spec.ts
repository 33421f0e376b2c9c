import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { confirm, linkIn, outboxOf } from './support/outbox.js';
import { Secrets } from './support/secrets.js';
import { type LogLine, startService } from './support/service.js';
import { Visitors } from './support/visitors.js';

/** A link as it is mailed. */
const LINK = /\/(verify|password-reset)\/[\w-]{43}/;

const MOST_VERBOSE = { LOG_LEVEL: 'trace' };

/** The statuses that the log tells of. */
function statuses(log: readonly LogLine[]): Set<unknown> {
  return new Set(log.filter((line) => 'method' in line).map(({ status }) => status));
}

describe('the log at its most verbose', () => {
  it('holds no secret of any front end, right or wrong', async () => {
    const service = await startService(MOST_VERBOSE);
    const visitors = new Visitors(service);
    await visitors.all((email) => confirm(service, email));
    visitors.secrets.keep(
      service.config.LATCHKEY_SECRET || readFileSync(join(service.dataDir, 'secret'), 'utf8').trim(),
    );
    const links = (await outboxOf(service)).flatMap(({ mail }) => (LINK.test(mail.text ?? '') ? [linkIn(mail)] : []));
    await service.stop();
    const all = [200, 201, 202, 204, 400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 431];
    expect(all.filter((status) => !statuses(service.log).has(status))).toEqual([]);
    expect(visitors.secrets.foundIn(service.log)).toEqual([]);
    // Without a mail server the log prints the link of each mail, once; that is how one gets at it.
    const printed = service.log.filter((line) => LINK.test(JSON.stringify(line)));
    expect(printed).toHaveLength(links.length);
    expect(new Set(printed.map(({ link }) => link))).toEqual(new Set(links));
  });

  it('holds no secret of a service that has a mail server, and no link', async () => {
    const secrets = new Secrets();
    const LATCHKEY_SECRET = secrets.keep('a service secret that must not be seen');
    const SMTP_URL = `smtp://mailer:${secrets.keep('smtp-pass-word')}@127.0.0.1:1`;
    const service = await startService({ ...MOST_VERBOSE, LATCHKEY_SECRET, SMTP_URL });
    const visitors = new Visitors(service);
    await visitors.basic();
    await expect.poll(() => service.log.map(({ msg }) => msg)).toContain('A mail could not be sent.');
    await service.stop();
    expect(visitors.secrets.foundIn(service.log)).toEqual([]);
    expect(secrets.foundIn(service.log)).toEqual([]);
    expect(service.log.filter((line) => LINK.test(JSON.stringify(line)))).toEqual([]);
  });

  it('holds no secret when the store cannot be reached', async () => {
    const service = await startService(MOST_VERBOSE);
    await service.app.get(DataSource).destroy();
    const visitors = new Visitors(service);
    await visitors.all();
    await service.stop();
    expect(service.log.filter(({ code }) => code === 'store_unavailable').length).toBeGreaterThan(10);
    expect(visitors.secrets.foundIn(service.log)).toEqual([]);
  });

  it.each(['users', 'sessions'])('holds no secret when statements on the table %s fail', async (table) => {
    const service = await startService(MOST_VERBOSE);
    const visitors = new Visitors(service);
    await service.app.get(DataSource).query(`ALTER TABLE ${table} RENAME TO moved`);
    await visitors.all();
    await service.app.get(DataSource).query(`ALTER TABLE moved RENAME TO ${table}`);
    await service.stop();
    const failed = service.log.filter(({ code, err }) => code === 'internal_error' && err !== undefined);
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.every(({ err }) => (err as { message: string }).message.match(/no such table|does not exist/))).toBe(
      true,
    );
    expect(visitors.secrets.foundIn(service.log)).toEqual([]);
  });
});

describe('the search of these tests', () => {
  it('finds a secret that is in a log, however it is written', () => {
    const secrets = new Secrets();
    secrets.keep('p#ss/word');
    const log = [
      { msg: 'harmless' },
      { msg: 'p#ss/word' },
      { url: '/?p=p%23ss%2Fword' },
      { a: { b: ['cCNzcy93b3Jk'] } },
    ];
    expect(secrets.foundIn(log)).toHaveLength(3);
  });
});
