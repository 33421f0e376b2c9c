import { type Draft, headerOf, setHeader } from './draft.js';
import { hostileText } from './hostile-values.js';
import type { Random } from './random.js';
import type { Stock } from './stock.js';

const SCHEMES = ['Bearer', 'bearer', 'BEARER', 'Basic', 'Digest', 'Token', 'Bearer Bearer', 'Bearer\t', 'Bearer,', ''];

const NAMES = [
  'authorization',
  'cookie',
  'origin',
  'referer',
  'sec-fetch-site',
  'x-pin',
  'x-request-id',
  'auth-contract',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-http-method-override',
  'accept',
  'accept-encoding',
  'accept-language',
  'range',
  'if-none-match',
  'if-modified-since',
  'traceparent',
  'tracestate',
  'forwarded',
  'via',
  'upgrade',
  'expect',
  'host',
  'te',
  'content-type',
  '__proto__',
  'constructor',
];

const USUAL: readonly (readonly [string, string])[] = [
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['origin', 'http://localhost:3000'],
  ['sec-fetch-site', 'cross-site'],
  ['sec-fetch-site', 'same-origin'],
  ['auth-contract', 'bare-token'],
  ['auth-contract', 'token-pair'],
  ['auth-contract', '__proto__'],
  ['authorization', 'Bearer null'],
  ['authorization', 'Bearer'],
  ['authorization', 'Basic Og=='],
  ['authorization', 'Basic ===='],
  ['cookie', 'token=null; token=undefined'],
  ['cookie', 'token="; a=b'],
  ['cookie', '='.repeat(200)],
  ['cookie', '__proto__=a; token=%E0%A4%A'],
  ['traceparent', '00-00000000000000000000000000000000-0000000000000000-ff'],
  ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['x-forwarded-for', "127.0.0.1, ::1, '; --"],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  ['range', 'bytes=0-0,-1'],
  ['upgrade', 'websocket'],
  ['expect', 'the unexpected'],
  ['expect', '100-continue'],
  ['connection', 'upgrade'],
  ['host', ''],
];

/** Changes the headers of a draft. Values go as they are, but for line breaks, which have exchanges of their own. */
export function mutateHeaders(draft: Draft, random: Random, stock: Stock): void {
  const ways: (() => void)[] = [
    () => set(draft, ...random.pick(USUAL)),
    () => set(draft, ...random.pick(USUAL)),
    () => set(draft, random.pick(NAMES), oneLine(hostileText(random))),
    () =>
      set(
        draft,
        random.pick(NAMES),
        random
          .bytes(random.below(60))
          .toString('latin1')
          .replaceAll(/[\r\n]/g, ' '),
      ),
    () => set(draft, random.pick(NAMES), 'h'.repeat(random.pick([200, 5000, 15_000, 20_000]))),
    () => set(draft, 'authorization', `${random.pick(SCHEMES)} ${stock.anyToken(random)}`),
    () => set(draft, 'authorization', `Basic ${Buffer.from(oneLine(hostileText(random))).toString('base64')}`),
    () => set(draft, 'cookie', `token=${stock.anyToken(random)}; token=${stock.anyToken(random)}`),
    () => void draft.headers.push(...draft.headers.slice(0, 1)),
    () => void draft.headers.splice(random.below(draft.headers.length + 1), 1),
    () => set(draft, random.word(1 + random.below(30)), oneLine(hostileText(random))),
    () => void draft.headers.push(...Array.from({ length: 400 }, (_, i): [string, string] => [`x-${i}`, 'a'])),
  ];
  random.pick(ways)();
}

/** Takes away or spoils the password in a header. */
export function spoilPasswordHeader(draft: Draft, random: Random): void {
  if (!headerOf(draft, 'authorization')?.startsWith('Basic ')) return;
  const spoilt = ['Basic', 'Basic !!!', 'Basic YQ==', 'Bearer x', 'Basic a b', 'Basic /w=='];
  setHeader(draft, 'authorization', random.pick(spoilt));
}

/** What a parser may take offence at is marked. */
function set(draft: Draft, name: string, value: string): void {
  setHeader(draft, name, value);
  draft.mayBeUnparsable = true;
}

function oneLine(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[\r\n]/g, ' ')
    .slice(0, 14_000);
}
