import { describe, expect, it } from 'vitest';
import { canonical, keysOf } from '../../src/users/canonical.js';
import { codePoints } from '../support/code-points.js';

/** Addresses of one mailbox. */
const ONE_MAILBOX: Record<string, readonly [string, ...string[]]> = {
  'a host in its own script and in ASCII': [
    'bob@xn--bcher-kva.example',
    'bob@b\u00fccher.example',
    'Bob@B\u00dcCHER.Example',
    'bob@bu\u0308cher.example',
    'bob@XN--BCHER-KVA.example',
  ],
  'a host of Chinese letters': ['a@xn--wgv71a.jp', 'a@\u65e5\u672c.jp'],
  'a sharp s, which is a letter of its own': ['a@xn--strae-oqa.de', 'a@stra\u00dfe.de'],
  'a final sigma, which is a letter of its own': ['a@xn--mxa8a.gr', 'a@\u03b1\u03c2.gr'],
  'a bare host': ['user@localhost', 'USER@LOCALHOST'],
};

const TWO_MAILBOXES: Record<string, [string, string]> = {
  'a sharp s and two of s': ['a@stra\u00dfe.de', 'a@strasse.de'],
  'an umlaut and none': ['a@b\u00fccher.example', 'a@bucher.example'],
  'a host with a full stop at its end': ['a@example.com', 'a@example.com.'],
  'an IP address and a number': ['a@0.0.0.127', 'a@0x7f'],
};

describe('The canonical form of a name', () => {
  it('is its own canonical form for every letter, alone and before a mark', () => {
    const isStable = (text: string): boolean => {
      const form = canonical('username', text);
      return canonical('username', form) === form;
    };
    // Nothing changes what Unicode has not assigned.
    const assigned = [...codePoints()].filter((point) => !/[\p{Cn}\p{Co}]/u.test(point));
    expect(assigned.filter((letter) => !isStable(letter))).toEqual([]);
    const capitals = assigned.filter((letter) => /[\p{Lu}\p{Lt}]/u.test(letter));
    const marks = ['\u0301', '\u0307', '\u030C', '\u0323', '\u0345'];
    expect(capitals.flatMap((letter) => marks.map((mark) => letter + mark)).filter((text) => !isStable(text))).toEqual(
      [],
    );
  });

  it('is one for a letter with a mark, however lower case composes the two', () => {
    expect(canonical('username', 'J\u030C')).toBe(canonical('username', '\u01F0'));
    expect(keysOf('username', 'J\u030C')).toEqual(['\u01F0', 'j\u030C']);
  });
});

describe('The canonical form of an address', () => {
  for (const [what, [form, ...others]] of Object.entries(ONE_MAILBOX)) {
    it(`is one for ${what}, and its own`, () => {
      expect(others.map((address) => canonical('email', address))).toEqual(others.map(() => form));
      expect(canonical('email', form)).toBe(form);
    });
  }
  for (const [what, [one, other]] of Object.entries(TWO_MAILBOXES)) {
    it(`differs for ${what}`, () => expect(canonical('email', other)).not.toBe(canonical('email', one)));
  }

  it('is that of a name where there is no host by UTS 46', () => {
    expect(canonical('email', 'Bob@\u2488COM\u00e9')).toBe('bob@1.com\u00e9');
    expect(canonical('email', '\u00c5NGSTR\u00d6M')).toBe('\u00e5ngstr\u00f6m');
  });

  it('is the only key of an address in ASCII, and the first of another', () => {
    expect(keysOf('email', 'Bob@Example.com')).toEqual(['bob@example.com']);
    expect(keysOf('email', 'Bob@B\u00fccher.example')).toEqual([
      'bob@xn--bcher-kva.example',
      'bob@b\u00fccher.example',
    ]);
  });
});
