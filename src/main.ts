import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { closeApp, createApp } from './app.js';
import { ConfigError, readEnvironment } from './config/env.js';

/** How long running requests may take to finish after SIGTERM, in milliseconds. */
const SHUTDOWN_MS = 10_000;

async function main(): Promise<void> {
  const config = readEnvironment();
  const app = await createApp(config);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(app));
  await app.listen(config.PORT, config.HOST);
}

async function stop(app: NestFastifyApplication): Promise<void> {
  setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
  await closeApp(app);
  process.exit(0);
}

main().catch((error: unknown) => {
  process.stderr.write(error instanceof ConfigError ? `${error.message}\n` : `${(error as Error).stack}\n`);
  process.exit(1);
});
