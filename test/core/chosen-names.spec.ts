import { domainToASCII } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isNewEmailAddress, isNewUsername, isUsername, needsSmtpUtf8 } from '../../src/users/identifiers.js';
import { codePoints } from '../support/code-points.js';

describe('A name that is chosen', () => {
  const deceptive = [...codePoints()].filter((point) =>
    /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800\uFFF9-\uFFFB]/u.test(point),
  );

  it('may hold nothing invisible, and nothing that turns the direction of writing', () => {
    expect(deceptive.length).toBeGreaterThan(4000);
    expect(deceptive).toEqual(
      expect.arrayContaining([
        '\u00AD',
        '\u061C',
        '\u115F',
        '\u180E',
        '\u200B',
        '\u200D',
        '\u202E',
        '\u2060',
        '\u2066',
        '\u3164',
        '\uFE0F',
        '\uFEFF',
        '\uFFA0',
      ]),
    );
    expect(deceptive.filter((point) => isNewUsername(`al${point}ice`))).toEqual([]);
    expect(deceptive.filter((point) => isNewEmailAddress(`al${point}ice@example.com`))).toEqual([]);
    expect(deceptive.filter((point) => isNewEmailAddress(`alice@exam${point}ple.com`))).toEqual([]);
  });

  it('may be one of before all the same where somebody signs in', () => {
    expect(deceptive.slice(0, 20).map((point) => isUsername(`al${point}ice`))).toEqual(Array(20).fill(true));
  });

  it('may hold marks, spaces and signs of every script', () => {
    const names = [
      '\u0928\u092e\u0938\u094d\u0924\u0947',
      '\u05d0\u05d1\u05d2',
      '\u0645\u0631\u062d\u0628\u0627',
      'alice \u{1F511}',
      'A\u030Alice',
    ];
    expect(names.filter((name) => !isNewUsername(name))).toEqual([]);
  });
});

describe('An address that is chosen', () => {
  const dropped = [...codePoints()].filter((point) => domainToASCII(`a${point}b.example`) === 'ab.example');

  it('holds nothing that a mail would drop from its host', () => {
    const controls = dropped.filter((point) => /\p{Cc}/u.test(point));
    expect(controls).toEqual(['\t', '\n', '\r']);
    // UTS 46 with Unicode 15 to 17.
    expect(dropped.length - controls.length).toBeGreaterThanOrEqual(270);
    expect(dropped.filter((point) => isNewEmailAddress(`bob@a${point}b.example`))).toEqual([]);
  });

  it('is mailed to where it says, but for the form of its letters', () => {
    const good = [
      'bob@b\u00fccher.example',
      'BOB@B\u00dcCHER.Example',
      'a@\u0391\u03a3.gr',
      'a@\u0e17\u0e33.th',
      'user@localhost',
      'a@XN--BCHER-KVA.example',
      'a@xn--bcher-kva.b\u00fccher.example',
    ];
    expect(good.filter((address) => !isNewEmailAddress(address))).toEqual([]);
    const bad = [
      'a@0x7f',
      'a@xn--a.com',
      'a@\u2488com.example',
      'a@\u13A0.example',
      'a@a\u200Cb.example',
      'a@b\u00fccher\u3002example',
      'a@ex\uFF0Eexample.com',
      'a@\uFF25x.com',
      'a@[127.0.0.1]',
      'a@127.0.0.1',
      'a@example.com.',
    ];
    expect(bad.filter((address) => isNewEmailAddress(address))).toEqual([]);
  });

  it('needs SMTPUTF8 if what is before the @ is not ASCII, whatever the host', () => {
    const needing = ['j\u00f6rg@example.com', '"j\u00f6rg@"@example.com', '\u65e5@\u65e5.jp'];
    expect(needing.map(needsSmtpUtf8)).toEqual([true, true, true]);
    expect(['joerg@\u65e5.jp', '"a@b"@example.com', `o'hara+tag@example.com`].map(needsSmtpUtf8)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
