import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';

const { resolve } = createRequire(import.meta.url);
const AXIOS = join(dirname(resolve('axios/package.json')), 'dist/esm/axios.js');
const KY = dirname(resolve('ky'));

/** HTTP clients that front ends use. */
export const CLIENTS = ['fetch', 'axios', 'ky'] as const;

/** A request as a page makes it. */
export interface Asking {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  readonly withCredentials?: boolean;
}

/** What a page reads of an answer; nothing if the browser keeps it from the page. */
export interface Read {
  readonly status: number;
  /** `null` if it is empty. */
  readonly body: unknown;
  /** The headers that it can read. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks by each client in its own way, and answers what the page could read. */
const SCRIPT = `
import axios from '/axios.js';
import ky from '/ky/index.js';

const credentialsOf = ({ withCredentials }) => (withCredentials ? 'include' : 'same-origin');
const ofResponse = async (response) =>
  ({ status: response.status, text: await response.text(), headers: Object.fromEntries(response.headers) });

const clients = {
  fetch: async ({ url, method, headers, body }, credentials) =>
    ofResponse(await fetch(url, {
      method,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
      credentials,
    })),
  axios: async ({ url, method, headers, body, withCredentials }) => {
    const { status, data, headers: read } = await axios.request({
      url, method, headers, data: body, withCredentials, validateStatus: () => true, transformResponse: (text) => text,
    });
    return { status, text: data, headers: { ...read } };
  },
  ky: async ({ url, method, headers, body }, credentials) =>
    ofResponse(await ky(url, { method, headers, json: body, credentials, throwHttpErrors: false, retry: 0 })),
};

window.ask = async (client, asking) => {
  try {
    const { text, ...read } = await clients[client](asking, credentialsOf(asking));
    return { ...read, body: text ? JSON.parse(text) : null };
  } catch (error) {
    if (/Failed to fetch|Network ?Error/.test(String(error))) return null;
    throw error;
  }
};
document.title = 'ready';
`;

const FILES: Readonly<Record<string, readonly [string, string]>> = {
  '/': ['text/html', '<!doctype html><title>loading</title><script type="module" src="/script.js"></script>'],
  '/script.js': ['text/javascript', SCRIPT],
};

/** A web server of front ends, at any name of this machine: `one.localhost` and `two.localhost` are two sites. */
export class ForeignPages {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<ForeignPages> {
    const server = createServer((request, response) => {
      file(request.url ?? '/').then(
        ([type, text]) => response.setHeader('content-type', type).end(text),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new ForeignPages(server);
  }

  /** The origin of the front end at a host. */
  origin(host: string): string {
    return `http://${host}:${(this.server.address() as AddressInfo).port}`;
  }

  /** Opens the front end at a host. */
  async open(browser: BrowserContext, host: string): Promise<ForeignPage> {
    const page = await browser.newPage();
    await page.goto(this.origin(host));
    await page.waitForFunction(`document.title === 'ready'`);
    return new ForeignPage(page);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A front end in the browser. */
export class ForeignPage {
  constructor(readonly page: Page) {}

  /** What the page reads of the answer; `null` if the browser keeps it from the page. */
  ask(client: (typeof CLIENTS)[number], asking: Asking): Promise<Read | null> {
    return this.page.evaluate(`ask(${JSON.stringify(client)}, ${JSON.stringify(asking)})`);
  }
}

async function file(path: string): Promise<readonly [string, string | Buffer]> {
  const known = FILES[path];
  if (known) return known;
  const [, inKy] = /^\/ky\/([\w/-]+\.js)$/.exec(path) ?? [];
  if (path !== '/axios.js' && inKy === undefined) throw new Error(`There is no ${path}.`);
  return ['text/javascript', await readFile(inKy === undefined ? AXIOS : join(KY, inKy))];
}
