import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canonical as canonicalOf } from '../../src/users/canonical.js';
import {
  EMAIL_MAX_LENGTH,
  isEmailAddress,
  isPassword,
  isPin,
  isUsername,
  lengthOf,
  PASSWORD_MAX_BYTES,
  USERNAME_MAX_LENGTH,
} from '../../src/users/identifiers.js';
import { type Answer, send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const canonical = (name: string): string => canonicalOf('username', name);

const KEY = '\u{1F511}';

/** Names that are one account, and names that are not, with the reason. */
const SAME: Record<string, [string, string]> = {
  'letters in another case': ['alice', 'ALICE'],
  'full-width letters': ['alice', '\uFF21\uFF4C\uFF49\uFF43\uFF45'],
  'composed and decomposed letters': ['caf\u00e9', 'cafe\u0301'],
  'letters of other scripts in another case': ['\u0430\u043b\u0438\u0441\u0430', '\u0410\u041b\u0418\u0421\u0410'],
  ligatures: ['office', 'o\uFB03ce'],
  'a capital and a small sharp s': ['stra\u00dfe', 'STRA\u1E9EE'],
  'the Kelvin sign and a k': ['kelvin', '\u212Aelvin'],
  'superscript digits': ['x2', 'x\u00b2'],
};
const DIFFERENT: Record<string, [string, string]> = {
  'a sharp s and two of s': ['stra\u00dfe', 'strasse'],
  'a Turkish dotless i and an i': ['ali', 'al\u0131'],
  'a Turkish capital dotted i and an i': ['ali', 'al\u0130'],
  'letters that look alike in two scripts': ['alice', '\u0430lice'],
  'a space between and none': ['alice b', 'aliceb'],
};

/** What no name may hold: how to spoil a good one with it. */
const SPOILED: Record<string, (name: string) => string> = {
  'a NUL inside': (name) => inside(name, '\u0000'),
  'a control character inside': (name) => inside(name, '\u0007'),
  'a line feed inside': (name) => inside(name, '\n'),
  'a control character of Latin-1 inside': (name) => inside(name, '\u0085'),
  'the first half of a surrogate pair': (name) => inside(name, '\uD83D'),
  'the second half of a surrogate pair': (name) => inside(name, '\uDD11'),
  'the halves of a pair in the wrong order': (name) => inside(name, '\uDD11\uD83D'),
  'a space before': (name) => ` ${name}`,
  'a space behind': (name) => `${name} `,
  'a tab behind': (name) => `${name}\t`,
  'a no-break space before': (name) => `\u00A0${name}`,
  'an ideographic space behind': (name) => `${name}\u3000`,
  'a byte order mark before': (name) => `\uFEFF${name}`,
  'white space only': () => ' \u00A0\u3000',
  nothing: () => '',
};

function inside(name: string, piece: string): string {
  return name.slice(0, 3) + piece + name.slice(3);
}

describe('The canonical form of a name', () => {
  for (const [what, [one, other]] of Object.entries(SAME)) {
    it(`is the same for ${what}`, () => expect(canonical(other)).toBe(canonical(one)));
  }
  for (const [what, [one, other]] of Object.entries(DIFFERENT)) {
    it(`differs for ${what}`, () => expect(canonical(other)).not.toBe(canonical(one)));
  }
  it('is not normalized if it is too long for a name, which would take seconds', () => {
    const long = `a${'\u0301'.repeat(24_800)}${'\u0316'.repeat(24_800)}`;
    const normalize = vi.spyOn(String.prototype, 'normalize');
    const forms = [canonical(long), canonical(`${long}b`)];
    const { length } = normalize.mock.calls;
    normalize.mockRestore();
    expect(forms).toEqual([expect.stringMatching(/^[\da-f]{64}$/), expect.stringMatching(/^[\da-f]{64}$/)]);
    expect(new Set(forms).size).toBe(2);
    expect(length).toBe(0);
  });

  it('is its own canonical form', () => {
    const names = [...Object.values(SAME), ...Object.values(DIFFERENT)].flat();
    expect(names.map(canonical).map(canonical)).toEqual(names.map(canonical));
  });
});

describe('A name', () => {
  for (const [what, spoil] of Object.entries(SPOILED)) {
    it(`may not be made of ${what}, username and e-mail address alike`, () => {
      expect([isUsername(spoil('alice')), isEmailAddress(spoil('alice@example.com'))]).toEqual([false, false]);
    });
  }

  it('may hold spaces, quotes, scripts and whole pairs of surrogates inside', () => {
    const names = ['a', 'alice b', `o'hara "x" <y>`, '\u30a2\u30ea\u30b9', `alice ${KEY}`, '%00', '{}', 'a@b'];
    expect(names.filter((name) => !isUsername(name))).toEqual([]);
  });

  it('is measured in code points, not in UTF-16 units or bytes', () => {
    expect(['', 'a', '\u00e9', 'e\u0301', '\u20ac', KEY].map(lengthOf)).toEqual([0, 1, 1, 2, 1, 1]);
    for (const letter of ['a', '\u20ac', KEY]) {
      expect(isUsername(letter.repeat(USERNAME_MAX_LENGTH))).toBe(true);
      expect(isUsername(letter.repeat(USERNAME_MAX_LENGTH + 1))).toBe(false);
    }
  });
});

describe('An e-mail address', () => {
  it('may have a bare host, and an international one', () => {
    const addresses = ['user@localhost', 'a.b+c@example.co.uk', 'user@b\u00fccher.example', 'USER@EXAMPLE.COM'];
    expect(addresses.filter((address) => !isEmailAddress(address))).toEqual([]);
  });

  it('can be written to as it stands: without brackets, escapes or full stops that mail reads as dots', () => {
    for (const address of ['"a<b"@x.org', '"a\\\\b"@x.org', 'u@x\u3002org', 'u@x\uFF0Eorg'])
      expect([address, isEmailAddress(address)]).toEqual([address, false]);
  });

  it('needs one @ with something on both sides', () => {
    for (const address of [
      'user',
      'user@',
      '@example.com',
      'a@b@example.com',
      'a b@example.com',
      'user@-',
      'user@.com',
    ])
      expect([address, isEmailAddress(address)]).toEqual([address, false]);
  });

  it('has at most 254 characters', () => {
    const address = (length: number): string => {
      const host = `${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.com`;
      return `${'a'.repeat(length - host.length - 1)}@${host}`;
    };
    expect([EMAIL_MAX_LENGTH - 10, EMAIL_MAX_LENGTH - 5].map(address).map(isEmailAddress)).toEqual([true, true]);
    expect(isEmailAddress(address(EMAIL_MAX_LENGTH + 1))).toBe(false);
  });
});

describe('A password', () => {
  it('is measured in bytes', () => {
    expect(isPassword('\u20ac'.repeat(341) + 'a')).toBe(true);
    expect(isPassword('\u20ac'.repeat(341) + 'ab')).toBe(false);
    expect(isPassword('a'.repeat(PASSWORD_MAX_BYTES))).toBe(true);
    expect(isPassword('a'.repeat(PASSWORD_MAX_BYTES + 1))).toBe(false);
  });

  it('may hold anything but a NUL or half a surrogate pair, and is not trimmed', () => {
    expect([' ', ' a ', 'a\tb\n', '\u0007', KEY].map(isPassword)).toEqual([true, true, true, true, true]);
    expect(['', 'a\u0000b', 'a\uD83D', '\uDD11a'].map(isPassword)).toEqual([false, false, false, false]);
  });
});

describe('A PIN', () => {
  it('has 4 to 8 code points, none of them a control character', () => {
    expect(['1234', '12345678', KEY.repeat(4), KEY.repeat(8), 'a b c'].map(isPin)).toEqual(Array(5).fill(true));
    expect(['', '123', '123456789', KEY.repeat(3), KEY.repeat(9), '12\u00003', '12\n34'].map(isPin)).toEqual(
      Array(7).fill(false),
    );
  });
});

describe('POST /auth/register', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  function post(route: string, username: string): Promise<Answer> {
    const { password } = newPerson();
    return send('POST', `${service.url}/bare-token/auth/${route}`, { body: { username, password } });
  }

  for (const [what, [one, other]] of Object.entries(SAME)) {
    it(`gives a name once, also when it differs in ${what}, and echoes it as typed`, async () => {
      const tail = newPerson().username;
      expect((await post('register', one + tail)).status).toBe(200);

      expect(whole(await post('register', other + tail))).toEqual({
        status: 409,
        body: { err: `username "${other + tail}" is taken` },
      });
      expect((await post('login', other + tail)).status).toBe(200);
    });
  }

  for (const [what, [one, other]] of Object.entries(DIFFERENT)) {
    it(`makes two accounts of names that differ in ${what}`, async () => {
      const tail = newPerson().username;
      expect((await post('register', one + tail)).status).toBe(200);
      expect(whole(await post('login', other + tail))).toEqual({
        status: 401,
        body: { err: 'invalid username or password' },
      });
      expect((await post('register', other + tail)).status).toBe(200);
    });
  }

  for (const [what, spoil] of Object.entries(SPOILED)) {
    if (what === 'nothing') continue;
    it(`refuses a username made of ${what}`, async () => {
      expect(whole(await post('register', spoil('alice')))).toEqual({
        status: 400,
        body: { err: 'invalid username' },
      });
    });
  }

  it('keeps the name as it was typed', async () => {
    const username = `A\u030Alice ${newPerson().username.toUpperCase()}`;
    const { password } = newPerson();
    const { json } = await send('POST', `${service.url}/token-pair/auth/register`, { body: { username, password } });
    const { access } = json as { access: string };

    expect(
      whole(
        await send('GET', `${service.url}/token-pair/auth/getuser`, { headers: { authorization: `Bearer ${access}` } }),
      ),
    ).toEqual({ status: 200, body: { username } });
  });
});
