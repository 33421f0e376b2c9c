import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTRACTS } from '../../src/contracts/index.js';
import { type Service, startService } from '../support/service.js';

const README = readFileSync('README.md', 'utf8');
const run = promisify(execFile);

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('README.md', () => {
  it('has a curl for every contract that works when pasted, in its order', async () => {
    const lines = README.split('\n').filter((line) => line.startsWith('curl '));
    const statuses: Record<string, string> = {};
    for (const line of lines) {
      const contract = /localhost:3000\/([\w-]+)\//.exec(line)?.[1] ?? '';
      const command = `${line.replace('localhost:3000', service.url)} -s -o /dev/null -w '%{http_code}'`;
      statuses[contract] = (await run('bash', ['-c', command])).stdout;
    }
    expect(statuses).toEqual(Object.fromEntries(CONTRACTS.map(({ contract }) => [contract.name, '200'])));
  });

  it('links to files that exist', () => {
    const links = [...README.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});
