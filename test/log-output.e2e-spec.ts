import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sized } from './runner/size.js';
import { builtModule } from './support/built.js';
import { send } from './support/http.js';
import { newPerson } from './support/people.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from './support/process.js';
import type { LogLine } from './support/service.js';

const LOGGER = builtModule('logging/logger.js');
const OUTPUT = builtModule('logging/standard-output.js');

async function start(): Promise<ServiceProcess> {
  const service = startProcess(emptyFolder(), { PORT: await freePort(), LOG_LEVEL: 'debug' });
  await service.listening;
  return service;
}

/** The ids of the requests that have a line so far. */
function loggedBy({ output }: ServiceProcess): string[] {
  const lines = output.map((line) => JSON.parse(line) as LogLine);
  return lines.flatMap(({ id, route }) => (route ? [id as string] : []));
}

/** The first lines of a process that logs something and is then busy for good: no timer of it ever runs again. */
async function linesOfBusy(statements: string): Promise<LogLine[]> {
  const block = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
  const script = `import { createLogger } from '${LOGGER}'; const log = createLogger('info'); ${statements}; ${block};`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const lines = chunk.toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogLine);
}

describe('standard output', () => {
  it('has the line of a request soon, though nothing follows', async () => {
    const service = await start();
    for (const id of ['first', 'second']) {
      expect((await send('GET', `${service.url}/health`, { headers: { 'x-request-id': id } })).status).toBe(200);
      await expect.poll(() => loggedBy(service), { interval: 10 }).toContain(id);
    }
  });

  it.each(sized({ small: ['error'], full: ['warn', 'error', 'fatal'] }))(
    'has a line of level %s at once, and those before it',
    async (level) => {
      const lines = await linesOfBusy(`log.info('before'); log.${level}({ code: 7 }, 'now')`);
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;
      expect(lines).toEqual([
        { level: 'info', time, msg: 'before' },
        { level, time, code: 7, msg: 'now' },
      ]);
    },
  );

  it('has a warning of a logger for something particular at once', async () => {
    const lines = await linesOfBusy("log.child({ context: 'Keys' }).warn('now')");
    expect(lines).toMatchObject([{ level: 'warn', context: 'Keys', msg: 'now' }]);
  });
});

describe('the log of a process that ends', () => {
  /** What a process says that logs and ends. */
  async function saidBy(statements: string): Promise<unknown[]> {
    const script = `import { logWritten } from '${OUTPUT}';
      import { createLogger } from '${LOGGER}'; const log = createLogger('info'); ${statements}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = (await text(child.stdout)).trimEnd().split('\n');
    return lines.map((line) => (JSON.parse(line) as LogLine).msg);
  }

  it.each(sized({ small: ['process.exit(3)'], full: ['', 'process.exit(3)', "throw new Error('expected')"] }))(
    'has its last lines, also after “%s”',
    async (end) => {
      expect(
        await saidBy(`process.on('uncaughtException', () => process.exit(4)); log.info('a'); log.info('é'); ${end}`),
      ).toEqual(['a', 'é']);
    },
  );

  it('has every line whole, however long they are and whatever is in them', async () => {
    const texts: [string, number][] = [
      ['a', 1],
      ['é', 5000],
      ['€', 9000],
      ['😀', 3000],
      ['z', 40_000],
      ['b', 1],
    ];
    const logged = `for (const [of, times] of ${JSON.stringify(texts)}) for (const _ of 'ab') log.info(of.repeat(times));`;
    const expected = texts.flatMap(([of, times]) => [of.repeat(times), of.repeat(times)]);
    expect(await saidBy(`${logged} await logWritten();`)).toEqual(expected);
  });
});

/** Answers to wait for before SIGTERM. */
const ANSWERED = sized({ small: 100, full: 300 });

describe('SIGTERM', () => {
  it('loses no line of a request that was answered, whichever way, and none twice', async () => {
    const service = await start();
    const { username, password } = newPerson();
    const registered = await send('POST', `${service.url}/token-pair/auth/register`, { body: { username, password } });
    const { access } = registered.json as { access: string };
    const answered: string[] = [];
    const ask = async (worker: number): Promise<void> => {
      for (let count = 0; ; count++) {
        const id = `w${worker}-${count}`;
        const headers = { 'x-request-id': id, authorization: `Bearer ${access}` };
        const path = count % 3 === 0 ? '/health' : '/auth/getuser';
        const answer = await send('GET', service.url + path, { headers, agent: count % 5 === 0 ? false : undefined });
        expect(answer.status).toBe(200);
        answered.push(id);
      }
    };
    // Each goes on until the service takes no more connections.
    const asking = Array.from({ length: 8 }, (_none, worker) =>
      ask(worker).catch(({ code }: Error & { code: string }) => code),
    );
    await expect.poll(() => answered.length, { timeout: 20_000 }).toBeGreaterThan(ANSWERED);
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    for (const code of await Promise.all(asking)) expect(['ECONNREFUSED', 'ECONNRESET']).toContain(code);
    const logged = loggedBy(service).filter((id) => id.startsWith('w'));
    expect(logged.length).toBe(new Set(logged).size);
    expect(answered.filter((id) => !logged.includes(id))).toEqual([]);
  });

  it('loses no line of the last moment', async () => {
    const service = await start();
    for (const id of ['a', 'b', 'c']) await send('GET', `${service.url}/health`, { headers: { 'x-request-id': id } });
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(loggedBy(service)).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });
});

describe('a reader of standard output that is slow', () => {
  /** The lines of a process that logs, waits for its log and ends, read only after that was begun. */
  async function linesReadLate(count: number): Promise<string[]> {
    const script = `import { logWritten } from '${OUTPUT}';
      import { createLogger } from '${LOGGER}'; const log = createLogger('info');
      for (let i = 0; i < ${count}; i++) log.info({ i }, 'x'.repeat(100));
      await logWritten(); process.exit(0);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((done) => setTimeout(done, 700));
    return (await text(child.stdout)).trimEnd().split('\n');
  }

  it('gets every line of a process that ends meanwhile', async () => {
    const lines = await linesReadLate(2000);
    expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual(
      Array.from({ length: 2000 }, (_, i) => i),
    );
  });
});
