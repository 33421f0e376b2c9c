import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KnownNetwork } from '../../src/limits/known-network.entity.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { networksOf } from '../../src/network/networks.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { Guessing } from '../support/guessing.js';
import { accountOf } from '../support/accounts.js';
import { send } from '../support/http.js';
import { LIMITED } from '../support/networks.js';
import { startService } from '../support/service.js';

let they: Guessing;

beforeAll(async () => {
  they = new Guessing(await startService(LIMITED));
});
afterAll(() => they.service.stop());

const networks = (): KnownNetworks => they.service.app.get(KnownNetworks);

describe('The networks that an account knows', () => {
  it('are the latest hundred, however many sign-ins come from however many', async () => {
    const { id } = await accountOf(they.service, await they.member(bareToken));
    const addresses = Array.from({ length: 150 }, (_, n) => `2001:db8:${n.toString(16)}::1`);
    for (const address of addresses) {
      they.service.advance(1);
      networks().note(id, networksOf(address));
    }
    await networks().flush();

    const rows = they.service.app.get(DataSource).getRepository(KnownNetwork);
    expect(await rows.countBy({ userId: id })).toBe(100);
    const last = await networks().of(id, networksOf(addresses.at(-1)));
    expect([last, await networks().of(id, networksOf(addresses[0]))]).toEqual([
      { address: true, network: true, any: true },
      { address: false, network: false, any: true },
    ]);
  });

  it('do not come back after all sessions were ended, when a sign-in of before is written late', async () => {
    const { id } = await accountOf(they.service, await they.member(bareToken));
    // Noted only after the end, as of before: the timer can write it at no moment at which it counts.
    they.service.advance(60);
    await they.service.app.get(RevocationService).clearTokens(id);
    they.service.advance(-60);
    networks().note(id, networksOf('203.0.113.5'));
    they.service.advance(60);
    await networks().flush();
    expect((await networks().of(id, networksOf('203.0.113.5'))).address).toBe(false);
  });

  it('are those of whoever changes the password, once it is changed', async () => {
    const person = await they.member(bareToken);
    const { id } = await accountOf(they.service, person);
    for (const ip of ['203.0.113.7', '198.51.100.7']) await they.signIn(bareToken, person, ip);
    await networks().flush();
    const headers = { authorization: bareToken.credential(await they.signIn(bareToken, person, '203.0.113.7')) };
    const answer = await send('POST', `${they.service.url}/account/password`, {
      headers: { ...headers, authorization: `Bearer ${headers.authorization}`, 'x-forwarded-for': '203.0.113.7' },
      body: { old_password: person.password, new_password: 'battery staple 71' },
    });
    expect(answer.status).toBe(204);
    await networks().flush();

    const known = await Promise.all(['203.0.113.7', '198.51.100.7'].map((ip) => networks().of(id, networksOf(ip))));
    expect(known.map(({ address, network }) => [address, network])).toEqual([
      [true, true],
      [false, false],
    ]);
  });
});
