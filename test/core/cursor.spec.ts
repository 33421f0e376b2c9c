import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../src/contract-kit/cursor.js';

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

describe('a cursor', () => {
  it.each([
    [[]],
    [[0]],
    [[-1.5, 'a']],
    [[Date.UTC(2026, 0, 1), '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57']],
    [['Ünïcödé 🦊', '', '"[]\\']],
  ])('reads %j as it was written, from a text that needs no escape in a URL', (values) => {
    const cursor = encodeCursor(values);
    expect(encodeURIComponent(cursor)).toBe(cursor);
    expect(decodeCursor(cursor)).toEqual(values);
  });

  it.each([
    ['nothing', ''],
    ['no base64url', 'a b'],
    ['base64 with padding', `${base64url('[1]')}=`],
    ['a line behind it', `${base64url('[12]')}\n`],
    ['no JSON', base64url('{')],
    ['an object', base64url('{"0":1}')],
    ['a text', base64url('"[1]"')],
    ['null', base64url('null')],
    ['a value of another type', base64url('[null]')],
    ['a boolean', base64url('[true]')],
    ['a list in the list', base64url('[[1]]')],
    ['another spelling', base64url('[1 ]')],
    ['a number that JSON reads as infinite', base64url('[1e999]')],
    ['a NUL', base64url('["\\u0000"]')],
    ['half a surrogate pair', base64url('["\\ud800"]')],
    ['bytes that are not UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]).toString('base64url')],
    ['more than any list needs', base64url(JSON.stringify(['x'.repeat(2000)]))],
    ['deep nesting', base64url('['.repeat(1500))],
  ])('is none that is %s', (_what, text) => {
    expect(decodeCursor(text)).toBeUndefined();
  });
});
