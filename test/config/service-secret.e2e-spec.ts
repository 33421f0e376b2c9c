import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Config, ConfigError, parseEnvironment } from '../../src/config/env.js';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { emptyFolder } from '../support/process.js';
import { ON_SQLITE, startService } from '../support/service.js';

const configOf = (DATA_DIR: string): Config => parseEnvironment({ DATA_DIR });

describe('the service secret', () => {
  it('is looked for without making anything', () => {
    const folder = emptyFolder();
    expect(ServiceSecret.existing(configOf(join(folder, 'data')))).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is made once, and found again', () => {
    const config = configOf(join(emptyFolder(), 'data'));
    const made = ServiceSecret.of(config).derive('a test');
    expect(ServiceSecret.of(config).derive('a test')).toEqual(made);
    expect(ServiceSecret.existing(config)?.derive('a test')).toEqual(made);
    expect(readdirSync(config.DATA_DIR)).toEqual(['secret']);
  });

  it('that is damaged is refused, and left as it is', () => {
    const config = configOf(join(emptyFolder(), 'data'));
    const right = ServiceSecret.of(config).derive('a test');
    const file = join(config.DATA_DIR, 'secret');
    const text = readFileSync(file, 'utf8');
    for (const damaged of ['', text.slice(0, 20), `*${text.slice(1)}`]) {
      writeFileSync(file, damaged);
      expect(() => ServiceSecret.of(config)).toThrow(`${file} is damaged.`);
      expect(readFileSync(file, 'utf8')).toBe(damaged);
    }
    writeFileSync(file, text);
    expect(ServiceSecret.of(config).derive('a test')).toEqual(right);
  });

  it('that is missing beside a database is not made anew', () => {
    const config = configOf(emptyFolder());
    writeFileSync(join(config.DATA_DIR, 'latchkey.db'), '');
    const refusal = new ConfigError(
      `${config.DATA_DIR}/secret is missing, and what is in ${config.DATA_DIR}/latchkey.db is sealed under it. Put it back from a copy, or give the secret as LATCHKEY_SECRET.`,
    );
    expect(() => ServiceSecret.of(config)).toThrow(refusal);
    expect(() => ServiceSecret.existing(config)).toThrow(refusal);
    expect(readdirSync(config.DATA_DIR)).toEqual(['latchkey.db']);
  });

  it('that cannot be read stops the start', () => {
    const config = configOf(emptyFolder());
    mkdirSync(join(config.DATA_DIR, 'secret'));
    expect(() => ServiceSecret.of(config)).toThrow(
      new ConfigError(`${config.DATA_DIR}/secret cannot be read (EISDIR).`),
    );
  });

  it('is the same from a copy of the file, wherever that is, so that another store can have it', () => {
    const config = configOf(join(emptyFolder(), 'data'));
    const made = ServiceSecret.of(config).derive('a test');
    const elsewhere = emptyFolder();
    copyFileSync(join(config.DATA_DIR, 'secret'), join(elsewhere, 'moved'));
    const given = parseEnvironment({ DATA_DIR: elsewhere, LATCHKEY_SECRET_FILE: join(elsewhere, 'moved') });
    expect(ServiceSecret.of(given).derive('a test')).toEqual(made);
    expect(ServiceSecret.existing(given)?.derive('a test')).toEqual(made);
    expect(readdirSync(elsewhere)).toEqual(['moved']);
  });

  it('of a file that is given is never made, and its text never told', () => {
    const folder = emptyFolder();
    const file = join(folder, 'given');
    const refused = (): unknown => ServiceSecret.of(parseEnvironment({ DATA_DIR: folder, LATCHKEY_SECRET_FILE: file }));
    expect(refused).toThrow(
      new ConfigError(`LATCHKEY_SECRET_FILE=${file} is not allowed. Allowed: a file that is there.`),
    );
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(file, 'hush');
    expect(refused).toThrow(
      new ConfigError(`${file} is damaged. Put the service secret back from a copy: everything is sealed under it.`),
    );
    rmSync(file);
    mkdirSync(file);
    expect(refused).toThrow(new ConfigError(`${file} cannot be read (EISDIR).`));
  });

  it('that was removed stops a start, which makes no other', async () => {
    const service = await startService(ON_SQLITE);
    onTestFinished(() => rmSync(service.dataDir, { recursive: true, force: true }));
    const file = join(service.dataDir, 'secret');
    rmSync(file);
    await expect(service.restart()).rejects.toThrow(`${file} is missing`);
    expect(existsSync(file)).toBe(false);
  });
});
