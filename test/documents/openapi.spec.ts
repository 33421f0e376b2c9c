import { readFileSync } from 'node:fs';
import type { OpenAPIObject, OperationObject } from '@nestjs/swagger';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../src/definitions.js';
import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { type Answer, form, send, type Sending } from '../support/http.js';
import { documentOf, operationsOf, undocumented } from '../support/openapi.js';
import { NEW_PASSWORD, resetUrl, verifiedPerson } from '../support/reset.js';
import { RouteSpy, SEEN } from '../support/route-spy.js';
import { type Service, startService } from '../support/service.js';

const NAMES = DEFINITIONS.map(({ name }) => name);

let service: Service;

beforeAll(async () => {
  service = await startService({}, { further: [RouteSpy] });
});
afterAll(() => service.stop());

const operations = async (name: string): Promise<ReturnType<typeof operationsOf>> =>
  operationsOf((await documentOf(service, name)).document);

/** What a document says at a place. */
function valueAt(text: string, pointer = '#/'): unknown {
  const keys = pointer
    .slice(2)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], JSON.parse(text));
}

describe('GET /docs/<name>/openapi.json', () => {
  it.each(NAMES)('answers for %s a document that a strict linter finds nothing in', async (name) => {
    const config = await createConfig({
      extends: ['recommended-strict'],
      // The service is licensed to nobody, so there is no licence to name.
      rules: { 'info-license': 'off' },
    });
    const { text } = await documentOf(service, name);
    const found = await lintFromString({ source: text, absoluteRef: `/${name}.json`, config });
    // Swagger UI would send any other example of a secret: see src/docs/prefills.ts.
    const problems = found.filter(({ location: [place] }) => valueAt(text, place?.pointer) !== '');
    expect(problems.map(({ ruleId, message, location: [place] }) => [ruleId, message, place?.pointer])).toEqual([]);
  });

  it('describes every route of the service in one document, and no route that does not exist', async () => {
    const documented: string[] = [];
    for (const { name, basePath } of DEFINITIONS)
      documented.push(...(await operations(name)).map(({ method, path }) => `${method} ${basePath}${path}`));
    expect(SEEN.length).toBeGreaterThan(20);
    expect(documented.sort()).toEqual([...SEEN].sort());
  });

  it.each(NAMES)('says of every operation of %s what it is, whom it needs and how it refuses', async (name) => {
    for (const { operation } of await operations(name)) {
      expect(operation).toMatchObject({
        operationId: expect.any(String) as string,
        summary: expect.any(String) as string,
        tags: [expect.any(String)],
        security: expect.any(Array) as unknown[],
        responses: { 404: {}, 405: { headers: { Allow: {} } }, 500: {} },
      });
    }
  });

  it.each(DRIVERS.map(({ name }) => name))('prints paths of %s that answer alike at both servers', async (name) => {
    const { document } = await documentOf(service, name);
    expect(document.servers?.map(({ url }) => url)).toEqual([`/${name}`, '/']);
    for (const { method, path } of operationsOf(document)) {
      const headers = { 'auth-contract': name };
      const [own, bare] = await Promise.all(
        [`/${name}`, ''].map((mount) => send(method, service.url + mount + path, { headers })),
      );
      expect([bare?.status, bare?.text]).toEqual([own?.status, own?.text]);
      expect(undocumented(document, method, path, own as Answer)).toEqual([]);
    }
  });

  it.each(DRIVERS)('documents what $name really answers', async (driver) => {
    const { document } = await documentOf(service, driver.name);
    for (const { request, answer } of await conversation(driver))
      expect(undocumented(document, request.method, request.path, answer)).toEqual([]);
  });

  it('documents what the native routes really answer', async () => {
    const failing = await startService();
    const { document } = await documentOf(failing, 'native');
    const check = async (method: string, path: string, sending?: Sending, pattern = path): Promise<number> => {
      const answer = await send(method, failing.url + path, sending);
      expect(undocumented(document, method, pattern, answer)).toEqual([]);
      return answer.status;
    };
    expect(await check('POST', '/verify/resend', { body: { email: 'john@doe.com' } })).toBe(202);
    expect(await check('POST', '/verify/resend', { body: {} })).toBe(400);
    expect(await check('GET', '/verify/nonsense', {}, '/verify/{token}')).toBe(410);
    expect(await check('POST', '/verify/nonsense', {}, '/verify/{token}')).toBe(410);
    expect(await check('POST', '/password-reset', { body: { email: 'john@doe.com' } })).toBe(202);
    expect(await check('POST', '/password-reset', { body: [] })).toBe(400);
    expect(await check('GET', '/password-reset/nonsense', {}, '/password-reset/{token}')).toBe(410);
    expect(await check('POST', '/password-reset/nonsense', { body: {} }, '/password-reset/{token}')).toBe(400);
    const link = await resetUrl(failing, (await verifiedPerson(failing)).email);
    const page = new URL(link).pathname;
    expect(await check('GET', page, {}, '/password-reset/{token}')).toBe(200);
    expect(await check('POST', page, form({ password: 'short' }), '/password-reset/{token}')).toBe(400);
    expect(await check('POST', page, form({ password: NEW_PASSWORD }), '/password-reset/{token}')).toBe(200);
    expect(await check('POST', page, form({ password: NEW_PASSWORD }), '/password-reset/{token}')).toBe(410);
    expect(await check('POST', '/account/email', { body: {} })).toBe(401);
    expect(await check('GET', '/health/ready')).toBe(200);
    await failing.app.get(DataSource).destroy();
    expect(await check('GET', '/health/ready')).toBe(503);
    expect(await check('GET', '/verify/nonsense', {}, '/verify/{token}')).toBe(503);
    await failing.stop();
  });

  it.each(NAMES)('has the version of the package, and says a refusal of many routes of %s once', async (name) => {
    const { text } = await documentOf(service, name);
    const { info, paths, components } = JSON.parse(text) as OpenAPIObject;
    const answers = Object.values(paths)
      .flatMap((item) => Object.values(item) as OperationObject[])
      .flatMap(({ responses }) => Object.entries(responses as Record<string, object>))
      .map(([status, response]) => status + JSON.stringify(response))
      .filter((answer) => !answer.includes('{"$ref":"#/components/responses/'));
    expect(info.version).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
    expect(answers).toEqual([...new Set(answers)]);
    expect(Object.keys(components?.responses ?? {})).toEqual(
      expect.arrayContaining(['NotFound', 'MethodNotAllowed', 'InternalServerError']),
    );
  });

  it('presets the header that tells the two registrations apart', async () => {
    for (const name of ['bare-token', 'token-pair']) {
      const register = (await operations(name)).find(({ path }) => path === '/auth/register');
      expect(register?.operation.parameters).toMatchObject([
        { name: 'Auth-Contract', in: 'header', required: false, schema: { enum: [name] } },
      ]);
    }
  });

  it('names the cookie as it is configured', async () => {
    const other = await startService({ COOKIE_NAME: 'session', PUBLIC_URL: 'https://latchkey.test' });
    const { document } = await documentOf(other, 'cookie');
    await other.stop();
    expect(document.components?.securitySchemes?.cookie).toMatchObject({ in: 'cookie', name: '__Host-session' });
  });

  /** What somebody and the service say to each other, refusals included. */
  async function conversation(driver: Driver): Promise<{ request: Request; answer: Answer }[]> {
    const said: { request: Request; answer: Answer }[] = [];
    const say = async (request: Request): Promise<Answer> => {
      const { method, path, ...sending } = request;
      const answer = await send(method, `${service.url}/${driver.name}${path}`, sending);
      said.push({ request, answer });
      return answer;
    };
    const person = driver.newPerson();
    const registration = driver.registration(person);
    await say(registration);
    await say(registration);
    await say({ ...registration, body: '[' });
    await say({ ...registration, body: '[1]' });
    await say({ ...registration, body: {} });
    await say({ ...registration, body: 'x'.repeat(100_001) });
    await say(driver.signIn({ ...person, password: 'Wrong1234#' }));
    await say(driver.signIn(driver.newPerson()));
    await driver.activate?.(service, person);
    const signedIn = await say(driver.signIn(person));
    await say(driver.guarded('nonsense'));
    await say(driver.guarded(driver.credential(signedIn)));
    if (driver.refresh) await say(driver.refresh(signedIn));
    return said;
  }
});

describe('GET /docs', () => {
  it('answers a page that may load nothing from elsewhere and runs no inline script', async () => {
    const { status, headers } = await send('GET', `${service.url}/docs`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'",
    );
  });

  it('serves every file that the page names, and no other', async () => {
    const { text } = await send('GET', `${service.url}/docs/`);
    const files = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(files).toHaveLength(6);
    for (const file of files) expect((await send('GET', service.url + file)).status).toBe(200);
    expect((await send('GET', `${service.url}/docs/assets/package.json`)).status).toBe(404);
  });
});
