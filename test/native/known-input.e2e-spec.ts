import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Admin, newAdmin, somebody } from '../support/admins.js';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { form, send } from '../support/http.js';
import { documentOf, operationsOf } from '../support/openapi.js';
import { invalidFields, problem } from '../support/problems.js';
import { resetUrl, setPassword, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const LEFT_OUT = 'Must be left out: nothing here reads it.';

let service: Service;
let admin: Admin;

beforeAll(async () => {
  service = await startService();
  admin = await newAdmin(service);
});
afterAll(() => service.stop());

const refusal = (...fields: string[]): object =>
  invalidFields(...fields.map((field): [string, string] => [field, LEFT_OUT]));

/** What is stored of accounts and their sessions, but for the times that reading moves. */
async function stored(): Promise<unknown> {
  const { manager } = service.app.get(DataSource);
  return [
    await manager.query(
      'SELECT id, email, is_admin, status, password_hash, security_epoch, pin_failures FROM users ORDER BY id',
    ),
    await manager.query('SELECT id, revoked_at FROM sessions ORDER BY id'),
  ];
}

/** The operations for people and administrators, with an id of an account in their paths. */
async function operations(id: number): Promise<{ method: string; path: string; hasBody: boolean }[]> {
  const { document } = await documentOf(service, 'native');
  return operationsOf(document)
    .filter(({ path }) => /^\/(admin|account)\b/.test(path))
    .map(({ method, path, operation: { requestBody } }) => ({
      method,
      path: path.replaceAll(/\{\w+\}/g, String(id)),
      hasBody: requestBody !== undefined,
    }));
}

describe('every route below /admin and /account', () => {
  it('refuses a query parameter that it does not read, and does nothing; /account itself passes it over', async () => {
    const { id } = await somebody(service);
    const before = await stored();
    for (const { method, path, hasBody } of await operations(id)) {
      if (path === '/account') continue;
      const sending = hasBody ? { body: {} } : {};
      expect({ method, path, ...whole(await admin.send(method, `${path}?nickname=x&_=1`, sending)) }).toEqual({
        method,
        path,
        ...refusal('nickname'),
      });
    }
    expect(await stored()).toEqual(before);
    expect((await admin.get('/account?nickname=x')).status).toBe(200);
  });

  it('refuses a field of a body that it does not read, and does nothing', async () => {
    const { id } = await somebody(service);
    const before = await stored();
    const changing = (await operations(id)).filter(({ method }) => method !== 'GET');
    expect(changing.length).toBeGreaterThan(9);
    for (const { method, path } of changing) {
      const { status, json } = await admin.send(method, path, { body: { nickname: 'x' } });
      const { code, errors } = json as { code: string; errors: { field: string; detail: string }[] };
      expect([method, path, status, code, errors.at(-1)]).toEqual([
        method,
        path,
        400,
        'fields_invalid',
        { field: 'nickname', detail: LEFT_OUT },
      ]);
    }
    expect(await stored()).toEqual(before);
  });

  it('lets `_` pass, and an empty body where it reads none', async () => {
    const { id } = await somebody(service);
    expect((await admin.get('/admin/users?_=1700000000000')).status).toBe(200);
    expect((await admin.get('/admin/audit?_=1&_=2')).status).toBe(200);
    expect((await admin.get('/account/sessions?_=')).status).toBe(200);
    expect((await admin.send('POST', `/admin/users/${id}/revoke-sessions?_=1`, { body: {} })).status).toBe(204);
    expect((await admin.send('DELETE', `/admin/users/${id}`, { body: '' })).status).toBe(204);
  });
});

describe('PATCH /admin/users/:id', () => {
  it.each<[string, object | string, string[]]>([
    ['a field of another route', { password: 'x' }, ['password']],
    ['a field spelled otherwise', { isAdmin: true }, ['isAdmin']],
    ['a field in other letters', { Status: 'deactivated' }, ['Status']],
    ['an unknown field beside a known one', { is_admin: true, role: 'x' }, ['role']],
    ['an object in a field', { user: { is_admin: true } }, ['user']],
    ['`__proto__`', '{"__proto__": {"is_admin": true}}', ['__proto__']],
    ['`constructor` and `toString`', '{"constructor": 1, "toString": 2}', ['constructor', 'toString']],
    ['a field without a name', { '': 1 }, ['']],
    ['an unknown field that is null', { password: null }, ['password']],
  ])('refuses %s, and changes nothing', async (_what, body, unknown) => {
    const { id } = await somebody(service);
    const before = await stored();

    expect(whole(await admin.send('PATCH', `/admin/users/${id}`, { body }))).toEqual(refusal(...unknown));
    expect(await stored()).toEqual(before);
  });

  it('names what is wrong with known fields beside the unknown ones', async () => {
    const { id } = await somebody(service);

    expect(whole(await admin.change(id, { nickname: 'x', is_admin: 'yes' }))).toEqual(
      invalidFields(['is_admin', 'Must be true or false.'], ['nickname', LEFT_OUT]),
    );
  });

  it('names 20 unknown fields at most', async () => {
    const { id } = await somebody(service);
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));

    const names = Array.from({ length: 20 }, (_, index) => `x${index}`);
    expect(whole(await admin.change(id, body))).toEqual(refusal(...names));
  });
});

describe('the query of a list', () => {
  it.each([
    ['/admin/audit?refusal_code=password_wrong', ['refusal_code']],
    ['/admin/audit?limit=1&Limit=2', ['Limit']],
    ['/admin/users?limit[]=1', ['limit[]']],
    ['/admin/users?__proto__=1&constructor=2', ['__proto__', 'constructor']],
    ['/admin/usage?limit=1', ['limit']],
    ['/account/sessions?contract=cookie&contract=basic', ['contract']],
    ['/account/sessions?%5F%5F=1', ['__']],
    ['/account/sessions?=1', ['']],
  ])('is refused where it asks %s', async (path, unknown) => {
    expect(whole(await admin.get(path))).toEqual(refusal(...unknown));
  });

  it('is refused after who asks: a stranger gets 401', async () => {
    expect((await send('GET', `${service.url}/admin/users?nickname=x`)).status).toBe(401);
  });
});

describe('a body that a route does not read', () => {
  it.each<[string, string, object]>([
    ['no JSON', 'session_id=1', problem('body_malformed')],
    ['no object', '[1]', problem('body_not_object')],
  ])('is refused if it is %s', async (_what, body, expected) => {
    const { id } = await somebody(service);

    expect(whole(await admin.send('POST', `/admin/users/${id}/revoke-sessions`, { body }))).toEqual(expected);
    expect(whole(await admin.send('DELETE', `/admin/users/${id}`, { body }))).toEqual(expected);
    expect((await admin.get(`/admin/users/${id}`)).status).toBe(200);
  });
});

describe('JSON that asks for a mail', () => {
  it.each(['/verify/resend', '/password-reset'])('is refused at %s with an unknown field', async (path) => {
    const body = { email: 'john@doe.com', locale: 'de' };

    expect(whole(await send('POST', service.url + path, { body }))).toEqual(refusal('locale'));
    expect((await send('POST', `${service.url + path}?utm_source=x`, { body: { email: 'a@b.example' } })).status).toBe(
      202,
    );
  });
});

describe('what is unknown is passed over', () => {
  it('at a mailed link, in its query and in its form', async () => {
    const { email } = await verifiedPerson(service);
    const url = await resetUrl(service, email);

    expect((await send('GET', `${url}?utm_source=mail`)).status).toBe(200);
    expect((await setPassword(`${url}?utm_source=mail`)).status).toBe(200);
  });

  it('at /oauth/* and /.well-known/* (RFC 6749 §3.2)', async () => {
    const { id, secret } = await service.app.get(ServiceClientsService).create('known input', ['introspect']);
    const fields = { grant_type: 'client_credentials', client_id: id, client_secret: secret, audience: 'x' };

    expect((await send('POST', `${service.url}/oauth/token?x=1`, form(fields))).status).toBe(200);
    expect((await send('GET', `${service.url}/.well-known/jwks.json?x=1`)).status).toBe(200);
    expect((await send('GET', `${service.url}/.well-known/oauth-authorization-server?x=1`)).status).toBe(200);
  });

  it('at /health/ready', async () => {
    expect((await send('GET', `${service.url}/health/ready?probe=1`)).status).toBe(200);
  });
});
