import { isIP } from 'node:net';

/** One setting: how its text becomes a value, and what the documentation says of it. */
export interface Setting<T> {
  /** The default as it would be written in the environment; '' means not set. */
  readonly default: string;
  /** What it does, in one sentence. */
  readonly about: string;
  /** What is allowed, as the refusal and `.env.example` print it. */
  readonly allowed: string;
  /** Whether its value must never be printed. */
  readonly secret?: boolean;
  /** The value, or `undefined` if the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
}

interface Description {
  readonly default: string;
  readonly about: string;
  readonly secret?: boolean;
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** The longest span of time that any setting allows. */
const LONGEST_SECONDS = 3650 * UNIT_SECONDS.d;

/** Any text, or a text that `accepts` agrees to. */
export function text(
  of: Description,
  allowed = 'any text',
  accepts: (text: string) => boolean = () => true,
): Setting<string> {
  return { ...of, allowed, parse: (value) => (accepts(value) ? value : undefined) };
}

/** A whole number within bounds. */
export function integer(of: Description, least: number, most: number): Setting<number> {
  const parse = (value: string): number | undefined => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    return number >= least && number <= most ? number : undefined;
  };
  return { ...of, allowed: `a whole number from ${least} to ${most}`, parse };
}

/** A port, or 0 for `off`. */
export function portOrOff(of: Description): Setting<number> {
  const port = integer(of, 0, 65_535);
  return { ...port, allowed: `${port.allowed}, or off`, parse: (value) => (value === 'off' ? 0 : port.parse(value)) };
}

/** A span of time, read as seconds: `900`, `900s`, `15m`, `1h`, `30d`. */
export function duration(of: Description, leastSeconds = 1, mostSeconds = LONGEST_SECONDS): Setting<number> {
  const parse = (value: string): number | undefined => {
    const match = /^(\d{1,9})([smhd]?)$/.exec(value);
    if (!match) return undefined;
    const seconds = Number(match[1]) * UNIT_SECONDS[(match[2] || 's') as keyof typeof UNIT_SECONDS];
    return seconds >= leastSeconds && seconds <= mostSeconds ? seconds : undefined;
  };
  const most = mostSeconds === LONGEST_SECONDS ? '3650d' : `${mostSeconds} s`;
  const allowed = `seconds, or a number with s, m, h or d, from ${leastSeconds} s to ${most}`;
  return { ...of, allowed, parse };
}

/** So many of something in a span of time. */
export interface Quota {
  readonly points: number;
  readonly seconds: number;
}

/** A count and the span of time it is for: `10/15m`. */
export function quota(of: Description): Setting<Quota> {
  const span = duration(of);
  const parse = (value: string): Quota | undefined => {
    const match = /^([1-9]\d{0,8})\/(.+)$/.exec(value);
    const seconds = match && span.parse(match[2] as string);
    return match && seconds ? { points: Number(match[1]), seconds } : undefined;
  };
  return { ...of, allowed: 'a count and a span of time, such as 10/15m', parse };
}

/** IP addresses and networks (CIDR) separated by commas. */
export function addresses(of: Description): Setting<readonly string[]> {
  const parse = (value: string): string[] | undefined => {
    const given = value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    return given.every(isAddressOrNetwork) ? given : undefined;
  };
  return { ...of, allowed: 'IP addresses and networks separated by commas, such as 10.0.0.0/8', parse };
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  return (
    longest > 0 && more.length === 0 && (bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest))
  );
}

/** One of a few words. */
export function choice<const T extends string>(of: Description, ...words: T[]): Setting<T> {
  return {
    ...of,
    allowed: words.map((word) => word || '(empty)').join(', '),
    parse: (value) => words.find((word) => word === value),
  };
}

/** A switch: `on` or `off`. */
export function toggle(of: Description): Setting<boolean> {
  return {
    ...of,
    allowed: 'on, off',
    parse: (value) => (value === 'on' || value === 'off' ? value === 'on' : undefined),
  };
}

/** A URL of one of the given schemes, as it was given; '' means not set. */
export function url(of: Description, ...schemes: string[]): Setting<string> {
  const form = new RegExp(`^(${schemes.join('|')})://.`);
  return {
    ...of,
    allowed: `empty, or a URL with the scheme ${schemes.join(' or ')}`,
    parse: (value) => (value === '' || (form.test(value) && URL.canParse(value)) ? value : undefined),
  };
}

/** The address of a web service, in its normal form and without a slash at its end; '' means not set. */
export function webAddress(of: Description): Setting<string> {
  const parse = (value: string): string | undefined => {
    if (value === '') return '';
    if (!/^https?:\/\/[^?#]+$/i.test(value) || !URL.canParse(value)) return undefined;
    const { href, username, password } = new URL(value);
    return username || password ? undefined : href.replace(/\/+$/, '');
  };
  return { ...of, allowed: 'empty, or a URL with the scheme http or https, without user, query and fragment', parse };
}

/** Origins (RFC 6454) separated by commas, also of apps and browser extensions: `capacitor://localhost`. */
export function origins(of: Description): Setting<readonly string[]> {
  const parse = (value: string): string[] | undefined => {
    const items = value.split(',').map((item) => item.trim());
    const given = items.filter(Boolean);
    return given.every(isOrigin) ? given : undefined;
  };
  return { ...of, allowed: 'origins separated by commas, such as https://app.example.com', parse };
}

/** No patterns: an origin with `*` in it parses, and would never match. */
function isOrigin(text: string): boolean {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^*]+$/.test(text) || !URL.canParse(text)) return false;
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}` === text;
}
