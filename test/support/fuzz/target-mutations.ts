import type { Draft } from './draft.js';
import { hostileText } from './hostile-values.js';
import type { Random } from './random.js';

const PIECES = [
  '%00',
  '%ZZ',
  '%',
  '%2F',
  '%2e%2e',
  '..',
  '.',
  '//',
  ';',
  ';a=b',
  '\\',
  '%5C',
  '%E0%A4%A',
  '%C0%80',
  '%u0041',
  '~',
  '*',
  ':id',
  '{id}',
  '%ED%A0%80',
  '%F0%9F%98%80',
  '\u00c3\u00a9',
  '|',
  '^',
  '`',
  '[',
  '@',
];

const QUERIES = [
  '?',
  '?&&&',
  '?=',
  '?a',
  '?limit=1&limit=2',
  '?limit[]=1',
  '?limit=1e3',
  '?limit=-1',
  '?limit=%00',
  '?cursor=W10',
  '?cursor=WzEsMiwzLDQsNV0',
  '?cursor=eyJhIjoxfQ',
  '?cursor=WyJcdWQ4MDAiXQ',
  '?cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ',
  '?cursor=WyIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ',
  '?account=9999999999999999999',
  '?account=2147483648',
  '?account=-1',
  '?actor=1.5',
  '?from=0000-00-00',
  '?from=9999-12-31T23:59:59Z&to=0001-01-01T00:00:00Z',
  '?from=-271821-04-20T00:00:00Z',
  '?from=275760-09-13',
  '?from=2026-02-30',
  '?kind=__proto__',
  '?status=constructor',
  '?is_admin=1',
  '?query=%25%5f%5C',
  '?query=%00',
  '?query=%ED%A0%80',
  '?__proto__=1&constructor=2',
  '?__proto__[a]=1',
  '?username=a&password=b',
];

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'QUERY',
  'MKCOL',
  'LOCK',
  'PURGE',
  'M-SEARCH',
  'SOURCE',
  'UNLINK',
];
/** What changes nothing, wherever it is understood. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'CONNECT'];
const NO_METHODS = ['get', 'LOGIN', 'G\u00ebT', '', 'A'.repeat(400), '__proto__'];

/** Changes the path or the query of a draft. */
export function mutateTarget(draft: Draft, random: Random): void {
  const { target } = draft;
  const ways: (() => string)[] = [
    () => spliced(target, random, random.pick(PIECES)),
    () => spliced(target, random, random.pick(PIECES)),
    () => target.split('?', 1)[0] + random.pick(QUERIES),
    () => target.split('?', 1)[0] + random.pick(QUERIES),
    () => `${target}${target.includes('?') ? '&' : '?'}${percent(hostileText(random))}=${percent(hostileText(random))}`,
    () => target.replace(/[^/]*$/, () => percent(hostileText(random)).slice(0, 6000)),
    () => target.replace(/\/[^/]*$/, ''),
    () => `${target}/`,
    () => `${target}#a?b`,
    () => `/${target}`,
    () => target.toUpperCase(),
    () =>
      target.replaceAll(/[a-z]/g, (letter) => (random.chance(0.5) ? `%${letter.charCodeAt(0).toString(16)}` : letter)),
    () =>
      `${random.pick(['/bare-token', '/token-pair', '/cookie', '/opaque-token', '/basic', '/native', '/oauth'])}${target}`,
    () => `http://evil.example${target}`,
    () => `${target}${'/a'.repeat(random.pick([10, 1000]))}`,
    () =>
      `/docs/${random.pick(['', 'assets/', 'assets/../../package.json', 'assets/%2e%2e/package.json', 'native/openapi.json'])}`,
    () => random.pick(['*', '/', '//', '/.', '/?', '/favicon.ico', '/.env', '/.git/config', '/health', '/metrics/']),
  ];
  draft.target = random.pick(ways)();
  draft.mayBeUnparsable ||= !draft.target.startsWith('/') || /[^!-~]/.test(draft.target) || draft.target.length > 9000;
}

/** Changes the method of a draft. */
export function mutateMethod(draft: Draft, random: Random): void {
  const isNone = random.chance(0.1);
  draft.method = random.pick(isNone ? NO_METHODS : draft.isHarmless ? SAFE_METHODS : METHODS);
  draft.mayBeUnparsable ||= isNone || draft.method === 'CONNECT';
}

function spliced(text: string, random: Random, piece: string): string {
  const at = 1 + random.below(text.length);
  return text.slice(0, at) + piece + text.slice(at);
}

function percent(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}
