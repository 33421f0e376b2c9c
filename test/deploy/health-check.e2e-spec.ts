import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emptyFolder, freePort } from '../support/process.js';
import { startIn } from '../support/started.js';

/** What the health check of the image runs. */
const [program = '', ...parameters] = JSON.parse(
  /^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '[]',
) as string[];

/** Runs it as the container would, and tells how it ended. */
function check(PORT: string): Promise<number | null> {
  return new Promise((resolve) => {
    const child = execFile(program, parameters, { env: { PATH: process.env.PATH, PORT } });
    child.on('close', resolve);
  });
}

describe('the health check of the Dockerfile', () => {
  it('is content while the service answers, and not before and after', async () => {
    const PORT = await freePort();
    expect(await check(PORT)).toBe(1);
    const service = await startIn(emptyFolder(), { PORT });
    expect(await check(PORT)).toBe(0);
    await service.stop();
    expect(await check(PORT)).toBe(1);
  });
});
