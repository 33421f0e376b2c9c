import { once } from 'node:events';
import { createServer, request as nodeRequest } from 'node:http';
import { onTestFinished } from 'vitest';

/** What a proxy does with the X-Forwarded-For that it gets: adds its caller to the list, or begins one of its own. */
export type Forwarding = 'appends' | 'overwrites';

interface Hop {
  /** Where it passes requests on to. */
  readonly to: string;
  /** The address of this machine that it does so from. */
  readonly from: string;
  readonly listensOn?: string;
  readonly forwarding?: Forwarding;
}

/** It must not end an idle connection while a test's next request is on its way. */
const NEVER = 0;

/**
 * Starts a reverse proxy that says in X-Forwarded-For who called it; at the end of the test it is gone.
 * @returns where it listens, without a slash at the end
 */
export async function startForwardingProxy(hop: Hop): Promise<string> {
  const { to, from, listensOn = '127.0.0.1', forwarding = 'appends' } = hop;
  const proxy = createServer({ keepAliveTimeout: NEVER }, (incoming, outgoing) => {
    const before = forwarding === 'appends' ? incoming.headers['x-forwarded-for'] : undefined;
    const caller = incoming.socket.remoteAddress;
    const headers = { ...incoming.headers, 'x-forwarded-for': before ? `${String(before)}, ${caller}` : caller };
    const passedOn = nodeRequest(to + incoming.url, { method: incoming.method, headers, localAddress: from });
    passedOn.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    passedOn.on('error', () => outgoing.destroy());
    incoming.pipe(passedOn);
  }).listen(0, listensOn);
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const { port } = proxy.address() as { port: number };
  return `http://${listensOn.includes(':') ? `[${listensOn}]` : listensOn}:${port}`;
}
