import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { misspelledSettings } from './misspelled.js';
import { SETTINGS } from './settings.js';

type Derived = Pick<Settings, 'PUBLIC_URL' | 'METRICS_HOST'> & {
  /** False for the default port, which may be taken. */
  readonly isMetricsPortSet: boolean;
};

type Settings = { readonly [Name in keyof typeof SETTINGS]: NonNullable<ReturnType<(typeof SETTINGS)[Name]['parse']>> };

/** The configuration: every setting under its own name, typed and validated. Durations are seconds. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- Nest injects by the class, the interface names its properties
export class Config {
  constructor(settings: Settings & Derived) {
    Object.assign(this, settings);
  }
}
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see the class
export interface Config extends Settings, Derived {}

/** A start refused because of its settings; each line names one, what was given and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The only reader of `process.env`; a `.env` file in the working folder fills what the environment leaves open.
 * @throws {ConfigError} naming every wrong setting
 */
export function readEnvironment(): Config {
  if (existsSync('.env')) loadEnvFile();
  return parseEnvironment(process.env);
}

/** Sentences about names in the environment, and in `.env` once it was read, that are nearly those of settings. */
export function misspelledInEnvironment(): string[] {
  return misspelledSettings(process.env);
}

function loadEnvFile(): void {
  try {
    // A byte order mark, as some editors write, would become part of the first name.
    const file = parseEnv(readFileSync('.env', 'utf8').replace(/^\uFEFF/, ''));
    process.env = { ...file, ...process.env };
  } catch (cause) {
    throw new ConfigError('The file .env cannot be read.', { cause });
  }
}

/**
 * The configuration that an environment describes.
 * @throws {ConfigError} naming every wrong setting
 */
export function parseEnvironment(environment: Environment): Config {
  const problems: string[] = [];
  const settings = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => {
      const given = environment[name] ?? '';
      const value = given === given.trim() ? setting.parse(given || setting.default) : undefined;
      if (value === undefined)
        problems.push(wrong(name, setting.secret ? '(not shown)' : given, allowedFor(setting, given)));
      return [name, value];
    }),
  ) as unknown as Settings;
  if (problems.length === 0) problems.push(...contradictions(settings));
  if (problems.length > 0) throw new ConfigError([...problems, ...misspelledSettings(environment)].join('\n'));
  return new Config({ ...settings, ...derived(settings, environment) });
}

/** What follows from other settings where it is not set itself. */
function derived({ PUBLIC_URL, PORT, METRICS_HOST, HOST }: Settings, { METRICS_PORT }: Environment): Derived {
  return {
    PUBLIC_URL: PUBLIC_URL || `http://localhost:${PORT}`,
    METRICS_HOST: METRICS_HOST || (METRICS_PORT ? HOST : '127.0.0.1'),
    isMetricsPortSet: Boolean(METRICS_PORT),
  };
}

function allowedFor({ allowed }: { readonly allowed: string }, given: string): string {
  return given === given.trim() ? allowed : `${allowed}; no white space around it`;
}

function wrong(name: string, given: string, allowed: string): string {
  return `${name}=${given} is not allowed. Allowed: ${allowed}.`;
}

/** Settings that are fine alone and wrong together. */
function contradictions(settings: Settings): string[] {
  const secure =
    settings.COOKIE_SECURE === 'auto' ? settings.PUBLIC_URL.startsWith('https:') : settings.COOKIE_SECURE === 'true';
  const rules: [boolean, string, string, string][] = [
    [
      settings.DATABASE_URL !== '' && settings.LATCHKEY_SECRET === '' && settings.LATCHKEY_SECRET_FILE === '',
      'LATCHKEY_SECRET',
      '',
      'the same secret for every instance, as DATABASE_URL is set; or give its file as LATCHKEY_SECRET_FILE',
    ],
    [
      settings.LATCHKEY_SECRET !== '' && settings.LATCHKEY_SECRET_FILE !== '',
      'LATCHKEY_SECRET_FILE',
      settings.LATCHKEY_SECRET_FILE,
      'empty, as LATCHKEY_SECRET is set',
    ],
    [
      settings.DATABASE_URL !== '' && settings.PUBLIC_URL === '',
      'PUBLIC_URL',
      '',
      'the same URL for every instance, as DATABASE_URL is set',
    ],
    [
      settings.PORT === 0 && settings.PUBLIC_URL === '',
      'PUBLIC_URL',
      '',
      'the URL of the service, which cannot be told from PORT=0',
    ],
    [
      settings.METRICS_PORT !== 0 && settings.METRICS_PORT === settings.PORT,
      'METRICS_PORT',
      String(settings.METRICS_PORT),
      'another port than PORT, or 0',
    ],
    [
      settings.KEY_PUBLISH_AHEAD >= settings.KEY_ROTATION_DAYS * 86_400,
      'KEY_PUBLISH_AHEAD',
      String(settings.KEY_PUBLISH_AHEAD),
      'less than KEY_ROTATION_DAYS',
    ],
    [
      settings.COOKIE_SAMESITE === 'none' && !secure,
      'COOKIE_SAMESITE',
      'none',
      'lax or strict, unless the cookie is Secure (COOKIE_SECURE, PUBLIC_URL)',
    ],
    [
      settings.COOKIE_PARTITIONED && settings.COOKIE_SAMESITE !== 'none',
      'COOKIE_PARTITIONED',
      'on',
      'off, unless COOKIE_SAMESITE is none: browsers keep no other cookie for a page of another site',
    ],
  ];
  return rules.filter(([broken]) => broken).map(([, name, given, allowed]) => wrong(name, given, allowed));
}

/** The text of `.env.example`: every setting with what it does, what it allows and its default. */
export function describeSettings(): string {
  const entries = Object.entries(SETTINGS).map(
    ([name, setting]) => `# ${setting.about}\n# Allowed: ${setting.allowed}.\n# ${name}=${setting.default}\n`,
  );
  return ['# Every setting, with its default. Copy to .env and uncomment what you change.\n', ...entries].join('\n');
}
