import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import type { LogLine } from '../support/service.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs } from '../support/account.client.js';
import { CookieClient } from '../support/cookie.client.js';
import type { Answer, Sending } from '../support/http.js';
import { Secrets } from '../support/secrets.js';
import { startService } from '../support/service.js';

it('neither log nor audit trail holds a secret of the account API, right or wrong', async () => {
  const service = await startService({ LOG_LEVEL: 'trace' });
  const secrets = new Secrets();
  for (const driver of DRIVERS) {
    const { person, headers, token } = await new AccountClient(() => service, driver).newcomer();
    secrets.keep(token);
    const ask = async (method: string, path: string, sending: Sending = {}): Promise<Answer> => {
      const answer = await askAs(service, { headers }, method, path, sending);
      secrets.keepAllOf({ headers: { ...headers, ...sending.headers } }, answer);
      return answer;
    };
    const next = secrets.keep(`Next9Vole${driver.name}X`);
    const pin = secrets.keep('Pin#71');
    if (driver.name === 'cookie') await new CookieClient(service.url).setPin(token, { pin });
    const wrong = { 'x-pin': secrets.keep('Pin#82') };
    await ask('GET', '/account');
    await ask('GET', `/account/sessions?cursor=${secrets.keep('Cur_sor71')}`);
    await ask('DELETE', `/account/sessions/${secrets.keep('Mis-pasted-71')}`);
    for (const old_password of [secrets.keep('Wrong#7134'), person.password])
      await ask('POST', '/account/password', { body: { old_password, new_password: next } });
    await ask('POST', '/account/pin/verify', { body: { pin: secrets.keep('Pin#93') } });
    await ask('DELETE', '/account/pin', { headers: wrong });
    await ask('DELETE', '/account', { headers: wrong, body: { password: secrets.keep('Wrong#7135') } });
    await ask('POST', '/account/pin/verify', { body: { pin } });
    await ask('DELETE', '/account', { body: { password: secrets.keep('Wrong#7136') } });
    expect((await ask('DELETE', '/account', { body: { password: next } })).status).toBe(204);
  }
  await service.app.get(AuditLog).flush();
  const trail = await service.app.get(DataSource).getRepository(AuditEvent).find();
  await service.stop();
  expect(trail.length).toBeGreaterThan(20);
  expect(secrets.foundIn(service.log)).toEqual([]);
  expect(secrets.foundIn(trail as unknown as LogLine[])).toEqual([]);
});
