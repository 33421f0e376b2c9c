import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/http.js';
import { type Service, startService } from '../support/service.js';
import { SHAPES } from '../support/shapes.js';
import { whole } from '../support/whole.js';

/** Who answers where REGISTER_CONTRACT says nothing, or one or the other. */
const SETTINGS = [
  { setting: '', tied: 'bare-token' },
  { setting: 'bare-token', tied: 'bare-token' },
  { setting: 'token-pair', tied: 'token-pair' },
];

const shapeOf = (name: string): (typeof SHAPES)[number] => {
  const shape = SHAPES.find((one) => one.name === name);
  if (!shape) throw new Error(`There is no contract ${name}.`);
  return shape;
};

describe.each(SETTINGS)('with REGISTER_CONTRACT=$setting', ({ setting, tied }) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ REGISTER_CONTRACT: setting });
  });
  afterAll(() => service.stop());

  const notFound = async (path: string, method = 'POST'): Promise<object> =>
    whole(await send(method, service.url + path, { headers: { 'content-type': 'application/json' } }));

  it.each(['/auth', '/auth/', '/auth/nothing', '/auth/register/', '/auth/register/x', '/auth//token', '/auth/Login'])(
    `answers POST %s, which is as near to two contracts, in the words of ${tied}`,
    async (path) => {
      for (const method of ['GET', 'POST', 'DELETE'])
        expect(await notFound(path, method)).toEqual(shapeOf(tied).errors.notFound);
    },
  );

  it.each([
    ['/auth/login/', 'bare-token'],
    ['/auth/login/x', 'bare-token'],
    ['/auth/refresh/', 'bare-token'],
    ['/auth/getuser/', 'token-pair'],
    ['/auth/getuser/x/y', 'token-pair'],
    ['/auth/%67etuser/', 'token-pair'],
    ['/auth/token/refresh/', 'token-pair'],
    ['/auth/token/blacklist/x', 'token-pair'],
    ['/users', 'cookie'],
    ['/protected/', 'cookie'],
    ['/change-password/', 'opaque-token'],
    ['/health/live', 'opaque-token'],
    ['/api/v1', 'basic'],
  ])('answers %s in the words of %s, which is nearest', async (path, name) => {
    expect(await notFound(path)).toEqual(shapeOf(name).errors.notFound);
    expect(await notFound(`${path}?a=/auth/login`)).toEqual(shapeOf(name).errors.notFound);
  });

  it.each(['GET', 'PUT', 'DELETE'])('refuses %s /auth/register in the words of the same', async (method) => {
    const answer = await send(method, `${service.url}/auth/register`);
    const text = JSON.stringify(shapeOf(tied).notAllowed).replaceAll('GET', method);
    expect(whole(answer)).toEqual({ status: 405, body: JSON.parse(text) });
    expect(answer.headers.allow).toBe('POST');
  });

  it('leaves native routes alone that begin as a contract’s do', async () => {
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(200);
    expect(whole(await send('POST', `${service.url}/health/ready`))).toMatchObject({
      status: 405,
      body: { code: 'method_not_allowed' },
    });
  });

  it('tells pages of any origin that nothing is there', async () => {
    const headers = { origin: 'https://app.example' };
    const answer = await send('GET', `${service.url}/auth/getuser/`, { headers });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });
});
