import { gzipSync } from 'node:zlib';
import { type Draft, setHeader } from './draft.js';
import type { Random } from './random.js';

const MEDIA_TYPES = [
  'application/json; charset=utf-16',
  'application/json; charset=x-user-defined',
  'application/json;charset',
  'application/x-www-form-urlencoded; charset=latin1',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="latchkey-fuzz-boundary',
  'multipart/form-data; boundary=latchkey-fuzz-boundary; boundary=b',
  `multipart/form-data; boundary=${'b'.repeat(300)}`,
  'multipart/mixed; boundary=latchkey-fuzz-boundary',
  'text/plain',
  'application/xml',
  'application/octet-stream',
  ';;',
  '/',
  'json',
  '\u00e4',
  '*/*',
  'application/json, text/plain',
];

const ENCODINGS = ['gzip', 'br', 'deflate', 'identity', 'x-unknown', 'gzip, gzip', ''];

/** Changes how the body of a draft is written, or what is said of how it is. */
export function mutateBytes(draft: Draft, random: Random): void {
  const bytes = draft.bytes ?? Buffer.alloc(0);
  const ways: (() => Buffer | undefined)[] = [
    () => (setHeader(draft, 'content-type', random.pick(MEDIA_TYPES)), bytes),
    () => (setHeader(draft, 'content-type', random.pick(MEDIA_TYPES)), bytes),
    () => (setHeader(draft, 'content-encoding', random.pick(ENCODINGS)), bytes),
    () => (setHeader(draft, 'content-encoding', 'gzip'), gzipSync(bytes)),
    () => Buffer.from(bytes.toString(), 'utf16le'),
    () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString(), 'utf16le')]),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.from(bytes.toString(), 'latin1'),
    () => spliced(bytes, random, random.bytes(1 + random.below(8))),
    () => spliced(bytes, random, Buffer.from([0xc0, 0x80])),
    () => spliced(bytes, random, Buffer.from([0xed, 0xa0, 0x80])),
    () => spliced(bytes, random, Buffer.from([0])),
    () => bytes.subarray(0, random.below(bytes.length + 1)),
    () => Buffer.concat([bytes, bytes]),
    () => Buffer.concat([bytes, Buffer.from(random.pick(['}', ',', '\0', '&a=%', '//', '\r\n--']))]),
    () => Buffer.from(random.pick(['NaN', "{'a':1}", '{"a":1,}', '[1,]', '"', '\\', '{"a":01}', '{a:1}', '--', '%'])),
    () => Buffer.concat([Buffer.alloc(99_990 + random.below(20), 0x20), bytes]),
    () => Buffer.alloc(100_001 + random.below(1000), 0x5b),
    () => Buffer.alloc(0),
    () => undefined,
  ];
  draft.bytes = random.pick(ways)();
}

function spliced(bytes: Buffer, random: Random, piece: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}
