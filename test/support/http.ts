import { Agent, type IncomingHttpHeaders, request as nodeRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';

/** Idle connections end here before any server ends them (nginx after 65 s): a request must not meet that end on its way. */
const IDLE_MS = 50_000;

const POOL = { keepAlive: true, maxSockets: 512, timeout: IDLE_MS };
const sharedAgent = new Agent(POOL);
// Tests make their certificates themselves.
const tlsAgent = new TlsAgent({ ...POOL, rejectUnauthorized: false });

/** What a request may carry beside its method and URL. */
export interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON with its media type; a text or bytes as they are. */
  readonly body?: object | string | Buffer;
  /** The address of this machine to send from; the system chooses by default. */
  readonly localAddress?: string;
  /** Whose connections carry it: the tests' shared one unless another is named, or with `false` one that is closed after it. */
  readonly agent?: Agent | false;
}

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body parsed as JSON, or `undefined` if it is none. */
  readonly json: unknown;
}

/** Sends one request over a real socket, with just the headers given: `fetch` would add some of its own. */
export function send(
  method: string,
  url: string,
  { headers = {}, body, localAddress, agent = sharedAgent }: Sending = {},
): Promise<Answer> {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  const bytes = body === undefined ? undefined : Buffer.from(isJson ? JSON.stringify(body) : body);
  const sent = {
    ...(isJson && { 'content-type': 'application/json' }),
    ...(bytes && { 'content-length': String(bytes.length) }),
    ...headers,
  };
  const isTls = url.startsWith('https:');
  const options = { method, agent: isTls ? tlsAgent : agent, headers: sent, localAddress };
  return new Promise((resolve, reject) => {
    const request = (isTls ? tlsRequest : nodeRequest)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          text,
          json: parsed(text),
        });
      });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

/** A form body with its media type, as a browser's form sends it. */
export function form(fields: Record<string, string>): Sending {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
