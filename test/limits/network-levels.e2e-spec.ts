import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { byStatus, Guessing } from '../support/guessing.js';
import { LIMITED, newNetwork } from '../support/networks.js';
import type { Person } from '../support/people.js';
import { startService } from '../support/service.js';

const [bareToken] = DRIVERS as [Driver];
const MINUTES = 60;

let they: Guessing;

beforeAll(async () => {
  they = new Guessing(await startService(LIMITED));
});
afterAll(() => they.service.stop());

/** So many addresses of a network, each of another narrower one if there is one. */
const addressesOf = (count: number, address: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => address(n + 1));
const hex = (n: number): string => n.toString(16);

/** How many of all guesses get through that are made ten at once from each address. */
async function through(person: () => Person, addresses: readonly string[], each = 10): Promise<number> {
  const answers = [];
  for (const ip of addresses) answers.push(...(await they.guesses(each, bareToken, person(), ip)));
  return byStatus(answers)[401] ?? 0;
}

describe.each([
  { network: 'an address', ofName: 10, ofAll: 50, address: () => '2001:db8:a:1::1' },
  { network: 'an IPv4 address', ofName: 10, ofAll: 50, address: () => '198.18.1.1' },
  { network: 'a /24', ofName: 20, ofAll: 100, address: (n: number) => `198.18.2.${n}` },
  { network: 'a /64', ofName: 20, ofAll: 100, address: (n: number) => `2001:db8:b:1::${hex(n)}` },
  { network: 'a /56', ofName: 40, ofAll: 200, address: (n: number) => `2001:db8:c:${hex(n)}::1` },
  { network: 'a /48', ofName: 60, ofAll: 400, address: (n: number) => `2001:db8:d:${hex(n * 256)}::1` },
])('failed sign-ins from $network', ({ ofName, ofAll, address }) => {
  it(`are ${ofName} in 15 minutes under one name, which somebody has or nobody`, async () => {
    for (const person of [await they.member(bareToken), bareToken.newPerson()]) {
      expect(await through(() => person, addressesOf(ofName / 10 + 1, address))).toBe(ofName);
      they.service.advance(15 * MINUTES);
      expect((await they.guess(bareToken, person, address(1))).status).toBe(401);
      they.service.advance(15 * MINUTES);
    }
  });

  it(`are ${ofAll} over all names`, async () => {
    expect(await through(() => bareToken.newPerson(), addressesOf(ofAll / 10 + 1, address))).toBe(ofAll);
    expect((await they.guess(bareToken, bareToken.newPerson(), newNetwork())).status).toBe(401);
    they.service.advance(15 * MINUTES);
    expect((await they.guess(bareToken, bareToken.newPerson(), address(1))).status).toBe(401);
    they.service.advance(15 * MINUTES);
  });
});

describe('a home', () => {
  it('that the account knows has a budget of its own, whatever neighbours do to the /56', async () => {
    const person = await they.member(bareToken);
    expect((await they.signIn(bareToken, person, '2001:db8:e:101::1')).status).toBe(200);
    await they.service.app.get(KnownNetworks).flush();
    expect(
      await through(
        () => person,
        addressesOf(5, (n) => `2001:db8:e:1${hex(n + 16)}::1`),
      ),
    ).toBe(40);

    // Another address of the same home: most devices take a new one every day.
    expect((await they.signIn(bareToken, person, '2001:db8:e:101::2')).status).toBe(200);
    expect(
      await through(
        () => person,
        addressesOf(7, (n) => `2001:db8:e:101::${hex(n + 2)}`),
      ),
    ).toBe(60);
    expect((await they.signIn(bareToken, person, '2001:db8:e:101::1')).status).toBe(200);
    expect((await they.signIn(bareToken, person, '2001:db8:e:102::1')).status).toBe(429);
  });
});

describe('right sign-ins', () => {
  it('of a /48 in a day are as many as those of a /64 in five hours, of which an address has half', async () => {
    const limited = { ...LIMITED, SIGN_INS_NETWORK: '4/1h' };
    const others = new Guessing(await startService(limited));
    const person = await others.member(bareToken);
    const signIn = async (line: number, address = 1): Promise<number> =>
      (await others.signIn(bareToken, person, `2001:db8:f:${hex(line * 256)}::${address}`)).status;
    const ofOne: number[] = [];
    for (const address of [1, 1, 1, 2, 2, 2, 3]) ofOne.push(await signIn(1, address));
    expect(ofOne).toEqual([200, 200, 429, 200, 200, 429, 429]);
    for (let n = 0; n < 16; n++) expect(await signIn(2 + n)).toBe(200);
    expect(await signIn(30)).toBe(429);
    others.service.advance(86_400);
    expect(await signIn(30)).toBe(200);
    await others.service.stop();
  });
});
