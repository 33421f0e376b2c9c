import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../bench/load/answer.js';

const bytes = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'));

describe('the load generator reads an answer', () => {
  it('with a length', () => {
    const answer = bytes('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'hello');
    expect(readAnswer(answer)).toEqual({ status: 200, bodyAt: 38, end: 43, closes: false });
  });

  it('that comes in pieces, at whatever byte it is cut', () => {
    const answer = bytes('HTTP/1.1 401 Unauthorized', 'content-length: 2', 'connection: keep-alive', '', '{}');
    for (let cut = 0; cut < answer.length; cut++) expect(readAnswer(answer.subarray(0, cut))).toBeUndefined();
    expect(readAnswer(answer)).toMatchObject({ status: 401, end: answer.length });
  });

  it('in chunks, at whatever byte it is cut', () => {
    const answer = bytes(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: chunked',
      '',
      '5',
      'hello',
      '1a',
      'x'.repeat(26),
      '0',
      '',
      '',
    );
    for (let cut = 0; cut < answer.length; cut++) expect(readAnswer(answer.subarray(0, cut))).toBeUndefined();
    expect(readAnswer(answer)).toMatchObject({ status: 200, end: answer.length });
  });

  it('without a body', () => {
    const answer = bytes('HTTP/1.1 204 No Content', 'date: now', '', '');
    expect(readAnswer(answer)).toMatchObject({ status: 204, end: answer.length });
  });

  it('after which the connection is closed', () => {
    const answer = bytes('HTTP/1.1 200 OK', 'Connection: close', 'Content-Length: 0', '', '');
    expect(readAnswer(answer)).toMatchObject({ closes: true });
  });

  it('only if it says where it ends', () => {
    expect(() => readAnswer(bytes('HTTP/1.1 200 OK', 'date: now', '', 'hello'))).toThrow('does not say where it ends');
  });
});
