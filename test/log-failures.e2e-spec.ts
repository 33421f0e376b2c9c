import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { builtModule, LATCHKEY } from './support/built.js';
import { canMount, smallFileSystem } from './support/disks.js';
import { figure, parseMetrics } from './support/exposition.js';
import { send } from './support/http.js';
import { needing } from './support/needs.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from './support/process.js';
import type { LogLine } from './support/service.js';

const LOGGER = builtModule('logging/logger.js');
const OUTPUT = builtModule('logging/standard-output.js');

/** How long a test may take on a busy machine, in milliseconds. */
const LONGEST_MS = 60_000;

const openFiles = new Set<number>();

/** Opens a file until the end of the test. */
function opened(path: string, flags: number | string): number {
  const file = openSync(path, flags);
  openFiles.add(file);
  onTestFinished(() => close(file));
  return file;
}

/** Closes a file only once: its descriptor may belong to a socket afterwards. */
function close(file: number): void {
  if (openFiles.delete(file)) closeSync(file);
}

/** A pipe that nobody reads, with both its ends. */
function stalledPipe(): { readonly path: string; readonly reader: number; readonly writer: number } {
  const path = join(emptyFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = opened(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { path, reader, writer: opened(path, 'w') };
}

function pipeWithoutReader(): number {
  const { reader, writer } = stalledPipe();
  close(reader);
  return writer;
}

/** Starts a service whose log goes to a file. */
async function start(stdout: number): Promise<ServiceProcess> {
  const env = { PORT: await freePort(), METRICS_PORT: await freePort() };
  const service = startProcess(emptyFolder(), env, { stdout });
  const health = (): Promise<number | undefined> =>
    send('GET', `${service.url}/health`).then(
      ({ status }) => status,
      () => undefined,
    );
  await expect.poll(health, { timeout: LONGEST_MS }).toBe(200);
  return service;
}

/** Asks for something that is refused, so that it has a line, under ids that begin alike. */
async function ask({ url }: ServiceProcess, name: string, times = 50): Promise<void> {
  for (let i = 0; i < times; i++) {
    const answer = await send('GET', `${url}/account`, { headers: { 'x-request-id': `${name}-${i}` } });
    expect(answer.status).toBe(401);
  }
}

describe('a log that cannot be written', { timeout: LONGEST_MS }, () => {
  it.each([
    ['a full disk', () => opened('/dev/full', 'w')],
    ['a pipe that nobody reads', () => stalledPipe().writer],
    ['a pipe whose reader has gone', pipeWithoutReader],
    ['a file that is open for reading only', () => opened('/dev/null', 'r')],
  ])('to %s does not stop the service, nor keep it from its end', async (_what, open) => {
    const service = await start(open());
    await ask(service, 'a');
    const families = parseMetrics((await send('GET', service.metricsUrl)).text);
    expect(figure(families, 'latchkey_log_lines_dropped_total')).toBe(0);
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(service.errors()).toBe('');
  });

  it('does not keep a start that fails from its end', async () => {
    const service = startProcess(emptyFolder(), { PORT: '99999' }, { stdout: opened('/dev/full', 'w') });
    expect(await service.ended).toBe(1);
    expect(service.errors()).toContain('PORT=99999 is not allowed.');
  });

  it('and standard error, which cannot be written either, do not stop a service of the command line', async () => {
    const full = opened('/dev/full', 'w');
    const PORT = await freePort();
    const env = { PORT, METRICS_PORT: 'off' };
    const child = spawn(process.execPath, [LATCHKEY, 'serve'], {
      cwd: emptyFolder(),
      env,
      stdio: ['ignore', full, full],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const health = (): Promise<unknown> => send('GET', `http://127.0.0.1:${PORT}/health`).catch(() => undefined);
    await expect.poll(health, { timeout: LONGEST_MS }).toMatchObject({ status: 200 });
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it(
    'is whole again once the disk has room',
    needing(canMount() ? undefined : 'the right to mount a file system'),
    async () => {
      const disk = smallFileSystem();
      const file = join(disk.folder, 'log');
      const service = await start(opened(file, 'a'));
      await ask(service, 'before');
      disk.fill(service);
      await ask(service, 'meanwhile', 200);
      disk.makeRoom(service);
      await ask(service, 'after');
      service.kill('SIGTERM');
      expect(await service.ended).toBe(0);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      const ids = lines.flatMap((line) => (JSON.parse(line) as LogLine).id ?? []) as string[];
      const named = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}-${i}`);
      const expected = [...named('before', 50), ...named('meanwhile', 200), ...named('after', 50)];
      expect(ids.filter((id) => expected.includes(id))).toEqual(expected);
    },
  );
});

/** Lines of 1000 characters: more than may wait. */
const MANY = 40_000;

describe('lines of a log that can wait no longer', { timeout: LONGEST_MS }, () => {
  it('are dropped and counted, and the log goes on when it can and says how many are missing', async () => {
    const { path, reader, writer } = stalledPipe();
    const script = `import { createLogger } from '${LOGGER}'; import { droppedLogLines, logWritten } from '${OUTPUT}';
      const log = createLogger('info');
      for (let i = 0; i < ${MANY}; i++) log.info({ i }, 'x'.repeat(1000));
      process.stderr.write(String(droppedLogLines()));
      process.once('SIGTERM', async () => { log.info('end'); await logWritten(); process.exit(0); });
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', writer, 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [said] = (await once(child.stderr as Readable, 'data')) as [Buffer];
    const dropped = Number(said.toString());
    const cat = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void cat.kill('SIGKILL'));
    for (const end of [reader, writer]) close(end);
    const lines: LogLine[] = [];
    for await (const line of createInterface(cat.stdout)) {
      lines.push(JSON.parse(line) as LogLine);
      if (lines.at(-1)?.lines !== undefined) child.kill('SIGTERM');
    }
    const gap = lines.find((line) => line.lines !== undefined);
    expect(gap).toMatchObject({ level: 'warn', msg: 'The log could not be written; lines of it are missing here.' });
    expect(gap?.lines).toBeGreaterThanOrEqual(dropped);
    const written = lines.flatMap(({ i }) => (i === undefined ? [] : [i as number]));
    expect(written.length + Number(gap?.lines)).toBe(MANY);
    // Those that waited longest come first.
    expect(written.slice(0, 1000)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(written).toEqual([...new Set(written)].sort((a, b) => a - b));
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'end' });
    expect(dropped).toBeGreaterThan(0);
  });
});
