import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresServer } from '../../test/support/postgres-server.js';
import type { Bench } from '../bench.js';
import { type Figure, figure, only } from '../figure.js';
import { exchange } from '../load/exchange.js';
import type { Request } from '../load/request.js';
import { startService } from '../processes.js';
import { StatementCounter } from '../statements.js';
import { PASSWORD } from '../store/identities.js';
import { SETTINGS } from '../store/store.js';
import type { Group, GroupResult } from './group.js';

const TIMES = { protected: 200, refresh: 100, signIn: 20 };

/** Written in batches a moment later, whatever the number of requests. */
const BATCHED =
  /INSERT INTO "?(audit_events|usage_days|known_networks)|SET "?(last_seen_at|last_sign_in_at)|users\S* SET last_sign_in_at/i;

/** What the service looks for every few seconds, asked or not. */
const BACKGROUND =
  /revoked_at > |FROM "?signing_keys|revocation_due IS NOT NULL|^LISTEN|^SELECT 1|expires_at <|security_epoch < /i;

const HOW = 'limits off; without batched writes and what is looked for every few seconds';

/** How many statements the acts ask of PostgreSQL. */
export const STATEMENTS: Group = {
  name: 'statements',
  isQuick: false,
  async measure(bench: Bench): Promise<GroupResult> {
    const postgres = await PostgresServer.start();
    const counter = await StatementCounter.before(postgres.port);
    const folder = mkdtempSync(join(bench.folder, 'postgres-'));
    const DATABASE_URL = `${postgres.url}/postgres`.replace(`:${postgres.port}/`, `:${counter.port}/`);
    const LATCHKEY_SECRET = 'a service secret for the benchmark alone';
    try {
      const service = await startService(folder, { ...SETTINGS, DATABASE_URL, LATCHKEY_SECRET });
      const figures = await countActs(service.port, counter).finally(() => service.stop());
      return { figures };
    } finally {
      counter.stop();
      await postgres.remove();
    }
  },
};

async function countActs(port: number, counter: StatementCounter): Promise<Figure[]> {
  const seen: string[] = [];
  counter.onStatement = (text) => void seen.push(text);
  const ask = async (request: Request): Promise<Record<string, string>> => {
    const { status, body } = await exchange(port, request);
    if (status >= 300) throw new Error(`${request.path} was answered ${status}: ${body}`);
    return JSON.parse(body) as Record<string, string>;
  };
  const count = async (name: string, times: number, atMost: number, act: () => Promise<unknown>): Promise<Figure> => {
    seen.length = 0;
    for (let time = 0; time < times; time++) await act();
    const asked = seen.filter((text) => !BATCHED.test(text) && !BACKGROUND.test(text));
    const kinds = [...new Set(asked.map(kindOf))].join(', ');
    return figure({
      name: `PostgreSQL: statements per ${name}`,
      unit: '',
      value: only(asked.length / times),
      atMost,
      how: kinds ? `${kinds}; ${HOW}` : HOW,
    });
  };
  const credentials = { username: 'somebody', password: PASSWORD };
  let pair = await ask({ method: 'POST', path: '/token-pair/auth/register', body: credentials });
  const headers = { authorization: `Bearer ${pair.access}` };
  return [
    await count('protected request', TIMES.protected, 0, () => ask({ path: '/token-pair/auth/getuser', headers })),
    await count('refresh', TIMES.refresh, 1, async () => {
      pair = await ask({ method: 'POST', path: '/token-pair/auth/token/refresh', body: { refresh: pair.refresh } });
    }),
    await count('sign-in', TIMES.signIn, 2, () =>
      ask({ method: 'POST', path: '/token-pair/auth/token', body: credentials }),
    ),
  ];
}

/** What a statement does to which table. */
function kindOf(text: string): string {
  const verb = /^\s*(\w+)/.exec(text)?.[1] ?? '';
  const table = /\b(?:FROM|INTO|UPDATE) "?(\w+)/i.exec(text)?.[1] ?? '';
  return `${verb} ${table}`.trim();
}
