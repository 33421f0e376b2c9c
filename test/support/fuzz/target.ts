import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from '../process.js';
import type { Environment } from '../service.js';
import { Campaign } from './campaign.js';
import { type Founded, foundOnCommandLine, foundStock, type Member } from './founding.js';
import { MEASURABLE } from './memory.js';
import { documentsOf } from './operations.js';
import { Oracle } from './oracle.js';
import { Random } from './random.js';
import { RouteBook } from './route-book.js';
import { ADMIN } from './founding.js';
import type { Stock } from './stock.js';

const LATCHKEY_SECRET = 'a service secret that must never be seen anywhere';

/** A service under fire: the built one, as a process, with accounts and credentials of every kind. */
export interface Target extends Founded {
  readonly service: ServiceProcess;
  readonly port: number;
  readonly book: RouteBook;
  readonly stock: Stock;
  /** For each door somebody whose session nothing may end. */
  readonly members: readonly Member[];
  /** What neither an answer nor the log may hold. */
  readonly secrets: readonly string[];
  readonly campaign: Campaign;
}

interface Mailed {
  readonly token: string;
  readonly file: string;
}

/** Starts a service with the settings given and stocks it; at the end of the test it is gone. */
export async function startTarget(settings: Environment, seed: number): Promise<Target> {
  const folder = emptyFolder();
  const PORT = await freePort();
  const METRICS_PORT = await freePort();
  const env = {
    PORT,
    METRICS_PORT,
    PUBLIC_URL: `http://127.0.0.1:${PORT}`,
    HASH_THREADS: '1',
    LATCHKEY_SECRET,
    ...settings,
  };
  const client = await foundOnCommandLine(folder, env);
  const service = startProcess(folder, { ...env, ...MEASURABLE });
  await service.listening;
  const mailed = linksIn(service);
  const links = (): string[] => mailed().map(({ token }) => token);
  const linkTo = (email: string, after: number): string | undefined =>
    mailed().find(
      ({ file }, n) => n >= after && readFileSync(resolve(folder, file), 'utf8').includes(`\nTo: ${email}\n`),
    )?.token;
  const founded: Founded = { url: service.url, links, linkTo };
  const { stock, members } = await foundStock(founded, client);
  const book = new RouteBook(await documentsOf(service.url));
  const secrets = [
    env.LATCHKEY_SECRET,
    ADMIN.password,
    client.secret,
    stock.admin.access,
    ...stock.kept.flatMap(({ access, refresh = access }) => [access, refresh]),
  ];
  const oracle = new Oracle(book, secrets);
  const tend = (): void => void stock.links.splice(0, Infinity, ...links().slice(-20));
  const port = Number(PORT);
  const campaign = new Campaign({ port, book, stock, oracle, random: new Random(seed), tend });
  return { ...founded, service, port, book, stock, members, secrets, campaign };
}

/** The tokens of the links to confirm an address that a service has printed, with their mails, looked for in what is new. */
function linksIn({ output }: ServiceProcess): () => readonly Mailed[] {
  const found: Mailed[] = [];
  let seen = 0;
  return () => {
    for (; seen < output.length; seen++) {
      const line = output[seen] ?? '';
      const [, token] = /"link":"[^"]*\/(?:verify|password-reset)\/([\w-]+)"/.exec(line) ?? [];
      if (token !== undefined) found.push({ token, file: (JSON.parse(line) as { file: string }).file });
    }
    return found;
  };
}
