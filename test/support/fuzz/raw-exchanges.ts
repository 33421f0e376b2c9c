import { type Draft, written } from './draft.js';
import type { Random } from './random.js';

/** Bytes for a connection of their own, and what happens to it. */
export interface RawExchange {
  readonly name: string;
  /** Sent one after the other, each once the one before is on its way. */
  readonly pieces: readonly Buffer[];
  /** Whether the client goes away in the middle, so that nobody hears an answer. */
  readonly breaksOff?: boolean;
}

type Maker = (draft: Draft, random: Random) => Omit<RawExchange, 'name'>;

/** How many bytes are sent one by one. */
const SLOW = 3000;

const LAST = 'connection: close\r\n';

const PROTOCOLS = [
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /\r\n\r\n',
  'GET / HTTP/3.0\r\n\r\n',
  'EHLO a\r\n',
  '*1\r\n$4\r\nPING\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  '\0\0\0\0',
];

/** What no HTTP client sends. */
const MAKERS: Readonly<Record<string, Maker>> = {
  'byte by byte': (draft) => {
    const bytes = withLines(draft, LAST);
    return { pieces: [...Array.from(bytes.subarray(0, SLOW), (byte) => Buffer.from([byte])), bytes.subarray(SLOW)] };
  },
  'a truncated body': (draft) => ({ pieces: [withLines(draft, 'content-length: 5000\r\n')] }),
  'a client that goes away': (draft, random) => {
    const bytes = withLines(draft, 'content-length: 5000\r\n');
    return { pieces: [bytes.subarray(0, 1 + random.below(bytes.length))], breaksOff: true };
  },
  'a length that is too short': (draft) => ({ pieces: [withLines(draft, 'content-length: 1\r\n')] }),
  'no length that is a number': (draft, random) => ({
    pieces: [
      withLines(
        draft,
        `content-length: ${random.pick(['-1', '1e3', '0x10', '18446744073709551617', '', '+5', '5 5'])}\r\n`,
      ),
    ],
  }),
  'two lengths': (draft) => ({ pieces: [withLines(draft, 'content-length: 2\r\ncontent-length: 3\r\n')] }),
  'a length and chunks': (draft) => ({
    pieces: [withLines(draft, `content-length: 2\r\ntransfer-encoding: chunked\r\n${LAST}`)],
  }),
  chunks: (draft, random) => chunked(draft, random, `transfer-encoding: chunked\r\n${LAST}`),
  'chunks by another name': (draft, random) =>
    chunked(
      draft,
      random,
      `transfer-encoding: ${random.pick(['gzip, chunked', 'CHUNKED', 'chunked, chunked', 'x', '\tchunked'])}\r\n${LAST}`,
    ),
  'a broken chunk': (draft, random) => ({
    pieces: [
      headOf(draft, `transfer-encoding: chunked\r\n${LAST}`),
      Buffer.from(
        random.pick([
          'zz\r\n',
          '-1\r\n',
          'ffffffffffffffffff\r\n',
          '5;a="\r\nab',
          '1\r\nab\r\n0\r\n\r\n',
          '0\r\na b: c\r\n\r\n',
        ]),
      ),
    ],
  }),
  'requests in a row': (draft, random) => {
    const count = 2 + random.below(6);
    draft.method = 'GET';
    draft.bytes = undefined;
    const all = Array.from({ length: count }, (_, i) => withLines(draft, i === count - 1 ? LAST : ''));
    return { pieces: [Buffer.concat(all)] };
  },
  'a request in a body': (draft, random) => {
    draft.bytes = undefined;
    draft.bytes = written({ ...draft, method: 'GET', target: random.pick(['/admin/users', '/metrics']) });
    draft.method = 'POST';
    return { pieces: [withLines(draft, LAST)] };
  },
  'a line break in a header': (draft, random) => ({
    pieces: [withLines(draft, `x-a: b${random.pick(['\r', '\n', '\r\r\n', '\r\n\t', '\0\r\n'])}x-b: c\r\n${LAST}`)],
  }),
  'a header without a name or with white space': (draft, random) => ({
    pieces: [
      withLines(draft, `${random.pick([': a', ' a: b', 'a : b', 'a\tb: c', 'a', '\u00e9: a', 'a\0: b'])}\r\n${LAST}`),
    ],
  }),
  'headers without end': (draft) => ({
    pieces: [withLines(draft, `${Array.from({ length: 1900 }, (_, i) => `a${i}:\r\n`).join('')}${LAST}`)],
  }),
  'a head that is too large': (draft) => ({ pieces: [withLines(draft, `a: ${'b'.repeat(40_000)}\r\n${LAST}`)] }),
  'no host or several': (draft, random) => ({
    pieces: [
      Buffer.from(
        `${draft.method} ${draft.target} HTTP/1.1\r\n${random.pick(['', 'host: a\r\nhost: b\r\n', 'host: \r\n', 'host: a b\r\n'])}${LAST}\r\n`,
        'latin1',
      ),
    ],
  }),
  'another protocol': (draft, random) => noRequest(draft, Buffer.from(random.pick(PROTOCOLS), 'latin1')),
  'an old version': (draft) => ({
    pieces: [Buffer.from(`${draft.method} ${draft.target} HTTP/1.0\r\n\r\n`, 'latin1')],
  }),
  noise: (draft, random) => noRequest(draft, random.bytes(1 + random.below(400))),
  'nothing at all': () => ({ pieces: [] }),
};

const NAMES = Object.keys(MAKERS);

/** An exchange that begins as a draft and ends as no HTTP client would. */
export function rawExchange(draft: Draft, random: Random): RawExchange {
  const name = random.pick(NAMES);
  return { name, ...(MAKERS[name] as Maker)(draft, random) };
}

function headOf(draft: Draft, lines: string): Buffer {
  const head = written({ ...draft, bytes: undefined });
  return Buffer.concat([head.subarray(0, -2), Buffer.from(`${lines}\r\n`, 'latin1')]);
}

/** A request with further lines in its head; they may tell its length. */
function withLines(draft: Draft, lines: string): Buffer {
  const length =
    draft.bytes && !/content-length|transfer/.test(lines) ? `content-length: ${draft.bytes.length}\r\n` : '';
  return Buffer.concat([headOf(draft, lines + length), draft.bytes ?? Buffer.alloc(0)]);
}

/** Bytes that speak of no route, unless it is of the root. */
function noRequest(draft: Draft, bytes: Buffer): Omit<RawExchange, 'name'> {
  draft.method = 'GET';
  draft.target = '/';
  return { pieces: [bytes] };
}

function chunked(draft: Draft, random: Random, lines: string): Omit<RawExchange, 'name'> {
  const body = draft.bytes ?? Buffer.alloc(0);
  const pieces = [headOf(draft, lines)];
  for (let at = 0; at < body.length;) {
    const part = body.subarray(at, at + 1 + random.below(Math.max(60, body.length / 20)));
    pieces.push(Buffer.from(`${part.length.toString(16)};a=b\r\n`), part, Buffer.from('\r\n'));
    at += part.length;
  }
  return { pieces: [...pieces, Buffer.from('0\r\nx-trailer: a\r\n\r\n')] };
}
