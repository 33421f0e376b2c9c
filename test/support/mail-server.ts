import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

/** A mail as a mail server took it. */
export interface Arrival {
  /** The envelope's addresses, which say where it goes whatever its header says. */
  readonly from: string;
  readonly to: readonly string[];
  /** Who signed in to send it. */
  readonly user: unknown;
  readonly mail: Email;
  /** As it came over the wire. */
  readonly raw: string;
}

/** How a mail server behaves. */
export interface MailServerOptions {
  /** The only name and password that it takes mails from; anybody may send without. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** What it answers to the first mails instead of taking them, one status each. */
  readonly refusals?: readonly number[];
  /** A domain whose mailboxes are full, as are those of its subdomains: it takes no mail for them now (450). */
  readonly fullDomain?: string;
  /** How long it thinks about that, in milliseconds. */
  readonly fullAfterMs?: number;
  /** Whether it knows no SMTPUTF8 (RFC 6531). */
  readonly readsAsciiOnly?: boolean;
}

/** A mail server on the loopback interface. */
export class MailServer {
  readonly arrivals: Arrival[] = [];
  /** How many mails it was offered, refused ones included. */
  offered = 0;
  private readonly events = new EventEmitter();
  private readonly server: SMTPServer;

  private constructor({
    credentials,
    refusals = [],
    fullDomain = '',
    fullAfterMs = 0,
    readsAsciiOnly = false,
  }: MailServerOptions) {
    this.server = new SMTPServer({
      authOptional: credentials === undefined,
      disabledCommands: credentials === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
      hideSMTPUTF8: readsAsciiOnly,
      closeTimeout: 100,
      onAuth: ({ username, password }, _session, done) => {
        const isRight = username === credentials?.user && password === credentials?.password;
        done(isRight ? null : new Error('Wrong name or password'), { user: username });
      },
      onData: (stream, session, done) => {
        const isFull = session.envelope.rcptTo.some(({ address }) => fullDomain !== '' && address.endsWith(fullDomain));
        const refusal = refusals[this.offered++] ?? (isFull ? 450 : undefined);
        setTimeout(() => void this.receive(stream, session, refusal, done), isFull ? fullAfterMs : 0).unref();
      },
    });
    this.server.on('error', () => undefined);
  }

  /** @param port the port to listen on; without one, the system chooses */
  static async start(options: MailServerOptions = {}, port = 0): Promise<MailServer> {
    const mailServer = new MailServer(options);
    const { server } = mailServer.server;
    mailServer.server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return mailServer;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** The next mail that arrives from now on. */
  async next(): Promise<Arrival> {
    return ((await once(this.events, 'arrival')) as [Arrival])[0];
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    refusal: number | undefined,
    done: (error?: Error) => void,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    if (refusal !== undefined) return done(Object.assign(new Error('Not now'), { responseCode: refusal }));
    const { mailFrom, rcptTo } = session.envelope;
    const bytes = Buffer.concat(chunks);
    const arrival = {
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      user: session.user,
      mail: await PostalMime.parse(bytes),
      raw: bytes.toString(),
    };
    done();
    this.arrivals.push(arrival);
    this.events.emit('arrival', arrival);
  }
}

/** A server that takes connections and never says a word. */
export class SilentServer {
  /** The connections that are open. */
  readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    silent.server.listen(0, '127.0.0.1');
    await once(silent.server, 'listening');
    return silent;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Fulfilled when somebody has connected. */
  async connected(): Promise<void> {
    if (this.sockets.size === 0) await once(this.server, 'connection');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
