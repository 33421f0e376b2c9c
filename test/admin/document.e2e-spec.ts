import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { type Admin, newAdmin, somebody } from '../support/admins.js';
import type { Sending } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { documentOf, undocumented } from '../support/openapi.js';
import { type Service, startService } from '../support/service.js';

let service: Service;
let admin: Admin;

beforeAll(async () => {
  service = await startService();
  admin = await newAdmin(service);
});
afterAll(() => service.stop());

describe('the document of the API for operators', () => {
  it('tells what is really answered', async () => {
    const { document } = await documentOf(service, 'native');
    const check = async (method: string, path: string, sending?: Sending): Promise<number> => {
      const answer = await admin.send(method, path, sending);
      const pattern = (path.split('?')[0] as string)
        .replace(/users\/[^/]+/, 'users/{id}')
        .replace(/sessions\/.+/, 'sessions/{session_id}');
      expect(undocumented(document, method, pattern, answer)).toEqual([]);
      return answer.status;
    };
    const { id } = await somebody(service);
    const { username, email } = newPerson();
    await service.app.get(AuditLog).flush();

    expect(await check('GET', '/admin/users')).toBe(200);
    expect(await check('GET', '/admin/users?limit=0')).toBe(400);
    expect(await check('GET', '/admin/users', { headers: { authorization: 'Bearer nonsense' } })).toBe(401);
    expect(await check('POST', '/admin/users', { body: { username, email } })).toBe(201);
    expect(await check('POST', '/admin/users', { body: { username, email } })).toBe(409);
    expect(await check('POST', '/admin/users', { body: {} })).toBe(400);
    expect(await check('POST', '/admin/users', { body: '[1]' })).toBe(400);
    expect(await check('GET', `/admin/users/${id}`)).toBe(200);
    expect(await check('GET', '/admin/users/x')).toBe(404);
    expect(await check('PATCH', `/admin/users/${id}`, { body: { status: 'active' } })).toBe(200);
    expect(await check('PATCH', `/admin/users/${id}`, { body: { status: 1 } })).toBe(400);
    expect(await check('PATCH', `/admin/users/${id}`, { body: { email_verified: true } })).toBe(409);
    expect(await check('PATCH', `/admin/users/${admin.id}`, { body: { is_admin: false } })).toBe(409);
    expect(await check('GET', `/admin/users/${id}/sessions`)).toBe(200);
    expect(await check('GET', `/admin/users/${id}/sessions?cursor=x`)).toBe(400);
    expect(await check('DELETE', `/admin/users/${id}/sessions/x`)).toBe(404);
    expect(await check('POST', `/admin/users/${id}/revoke-sessions`)).toBe(204);
    expect(await check('GET', '/admin/audit')).toBe(200);
    expect(await check('GET', '/admin/audit?kind=x')).toBe(400);
    expect(await check('GET', '/admin/usage')).toBe(200);
    expect(await check('GET', '/admin/usage?from=x')).toBe(400);
    expect(await check('DELETE', `/admin/users/${admin.id}`)).toBe(409);
    expect(await check('DELETE', `/admin/users/${id}`)).toBe(204);
    expect(await check('DELETE', `/admin/users/${id}`)).toBe(404);
  });
});
