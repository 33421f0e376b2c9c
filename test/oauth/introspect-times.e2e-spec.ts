import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { signInThrough } from '../support/contract-tokens.js';
import { OAuthClient } from '../support/oauth.client.js';
import { startService } from '../support/service.js';
import { whole } from '../support/whole.js';

describe('POST /oauth/introspect', () => {
  it('calls tokens inactive once they expire', async () => {
    const own = await startService();
    const asking = await OAuthClient.of(own, 'introspect', 'introspect:refresh');
    const { access = '', refresh = '' } = await signInThrough(own, 'token-pair');
    const { opaque = '' } = await signInThrough(own, 'opaque-token');
    const ofClient = await asking.accessToken();
    const states = async (): Promise<unknown[]> =>
      Promise.all(
        [ofClient, access, refresh, opaque].map(
          async (token) => ((await asking.introspect(token)) as { active: boolean }).active,
        ),
      );
    expect(await states()).toEqual([true, true, true, true]);
    own.advance(15 * 60 + 1);
    expect(await states()).toEqual([false, true, true, true]);
    own.advance(60 * 60);
    expect(await states()).toEqual([false, false, true, true]);
    own.advance(14 * 86_400);
    expect(await states()).toEqual([false, false, false, true]);
    own.advance(30 * 86_400);
    expect(await states()).toEqual([false, false, false, false]);
    await own.stop();
  });

  it('fails as a server does while the store fails, and does not call a token inactive', async () => {
    const own = await startService();
    const asking = await OAuthClient.of(own, 'introspect', 'introspect:refresh');
    const { opaque: token = '' } = await signInThrough(own, 'opaque-token');
    await own.app.get(DataSource).destroy();
    const answer = await asking.ask('introspect', { token });
    await own.stop().catch(() => undefined);
    expect(whole(answer)).toEqual({
      status: 503,
      body: { error: 'temporarily_unavailable', error_description: 'The account store cannot be reached.' },
    });
    expect(answer.headers['retry-after']).toBe('5');
  });
});
