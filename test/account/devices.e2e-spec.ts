import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import { AccountClient, askAs } from '../support/account.client.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** How the newest session is shown that was opened with a user agent. */
async function shownAs(userAgent: string): Promise<{ device: unknown; user_agent: string | null }> {
  const client = new AccountClient(() => service, bareToken);
  const { person } = await client.newcomer();
  service.advance(1);
  const holder = await client.signIn(person, { 'user-agent': userAgent });
  const { json } = await askAs(service, holder, 'GET', '/account/sessions?limit=1');
  const { sessions } = json as { sessions: { device: unknown; user_agent: string | null }[] };
  return sessions[0] as { device: unknown; user_agent: string | null };
}

const device = (
  browser: string | null,
  browser_version: string | null,
  os: string | null,
  os_version: string | null,
  type: string | null,
): object => ({ browser, browser_version, os, os_version, type });

describe('the device of a session', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      device('Chrome', '126.0.0.0', 'Windows', '10', 'desktop'),
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
      device('Safari', '17.4', 'iOS', '17.4', 'mobile'),
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
      device('Safari', '17.4', 'iOS', '17.4', 'tablet'),
    ],
  ])('is what %s tells of', async (userAgent, expected) => {
    expect(await shownAs(userAgent)).toMatchObject({ device: expected, user_agent: userAgent });
  });

  it('is none if there is no user agent', async () => {
    const client = new AccountClient(() => service, bareToken);
    const holder = await client.newcomer();
    const { json } = await askAs(service, holder, 'GET', '/account/sessions');
    expect((json as { sessions: unknown[] }).sessions[0]).toMatchObject({ device: null, user_agent: null });
  });

  it.each([
    ['a script', 'curl/8.5.0'],
    ['a word', 'x'],
    ['JSON', '{"browser":"evil"}'],
    ['brackets', '('.repeat(512)],
    ['octets beyond ASCII', '\u00e4\u0080\u00ff'.repeat(100)],
    ['regular expressions', '(.*)*$'.repeat(80)],
  ])('is none for %s', async (_what, userAgent) => {
    expect(await shownAs(userAgent)).toMatchObject({ device: null, user_agent: userAgent });
  });

  it.each([
    ['names of an object', '__proto__/1 constructor/2 (toString)'],
    ['repetitions', 'Android '.repeat(64)],
    ['repeated versions', `Mozilla/5.0 ${'Version/1.'.repeat(50)}`],
    ['markup', '<script>alert(1)</script>/1.0 ('],
  ])('never fails the answer, as with %s', async (_what, userAgent) => {
    expect((await shownAs(userAgent)).user_agent).toBe(userAgent.trim());
  });

  it('is read from the first 512 characters', async () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 ${'x'.repeat(5000)}`;
    expect(await shownAs(userAgent)).toEqual(
      expect.objectContaining({
        device: device('Firefox', '128.0', 'Linux', null, 'desktop'),
        user_agent: userAgent.slice(0, 512),
      }),
    );
  });
});
