import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { closeApp, createApp } from './app.js';
import { type Config, ConfigError, misspelledInEnvironment, readEnvironment } from './config/env.js';
import { lockedOut } from './database/data-source.js';
import { listeningLine } from './listening-line.js';
import { logWritten } from './logging/standard-output.js';

/**
 * How long running requests may take to finish after SIGTERM, and when the process begins to end whatever happens, in
 * milliseconds: in time to be gone after 10 seconds.
 */
const REQUESTS_END_MS = 8000;
const PROCESS_ENDS_MS = 9000;

/**
 * How long after SIGTERM connections without a request stay open, in milliseconds: a proxy may send one over those it
 * keeps at any moment, and is told with the answer that it was the last.
 */
const LINGER_MS = 1000;

const logger = new Logger('Latchkey');

/** The standard streams that are a terminal. */
const terminals = [0, 1, 2].filter((fd) => isatty(fd));

let stopping: Promise<void> | undefined;

/**
 * Runs the service in this process, which a signal then ends; fulfilled when it listens.
 * @throws {ConfigError} for settings or a data folder that it cannot run with
 */
export async function serve(): Promise<void> {
  const config = readEnvironment();
  const app = await createApp(config).catch((error: unknown) => {
    throw lockedOut(error, config);
  });
  // Signals may come twice: a terminal's Ctrl-C reaches npm and its child, and npm passes it on. SIGHUP is its end.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => (stopping ??= stop(app)));
  for (const sentence of misspelledInEnvironment()) logger.warn(sentence);
  await listen(app, config);
  logger.log(await listeningLine(app, config));
}

async function listen(app: NestFastifyApplication, { HOST, PORT }: Config): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigError(
      `HOST=${HOST} with PORT=${PORT} is not allowed. Allowed: an address of this machine and a free port (${code}).`,
      { cause },
    );
  }
}

async function stop(app: NestFastifyApplication): Promise<void> {
  setTimeout(() => app.getHttpServer().closeAllConnections(), REQUESTS_END_MS).unref();
  setTimeout(() => process.exit(0), PROCESS_ENDS_MS).unref();
  // Whatever cannot be closed ends with the process.
  await closeApp(app, LINGER_MS).catch((error: Error) => process.stderr.write(`${error.stack}\n`));
  await logWritten();
  for (const fd of terminals.filter((fd) => !isatty(fd))) leave(fd);
  process.exit(0);
}

/** Node aborts where it cannot give a terminal back that has gone; it passes over what is closed. */
function leave(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was closed before.
  }
}
