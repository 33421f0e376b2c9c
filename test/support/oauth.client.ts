import { type Scope, ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { type Answer, form, send, type Sending } from './http.js';
import type { Environment, Service } from './service.js';
import { startService } from './service.js';
import { freePort } from './ports.js';

/** The credentials of a service client. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

/** Starts a service whose issuer is the address that it listens on, as clients that discover it demand. */
export async function startIssuer(env: Environment = {}): Promise<Service> {
  const port = String(await freePort());
  return startService({ PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, ...env });
}

/** The header of `client_secret_basic`. */
export function basicOf({ id, secret }: ClientCredentials): Sending['headers'] & object {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

/** The header of an access token. */
export function bearerOf(token: string): Sending['headers'] & object {
  return { authorization: `Bearer ${token}` };
}

/** A service that asks the OAuth routes. */
export class OAuthClient {
  private constructor(
    private readonly url: string,
    readonly credentials: ClientCredentials,
  ) {}

  /** A new client of a service, with some scopes. */
  static async of({ app, url }: Service, ...scopes: Scope[]): Promise<OAuthClient> {
    return new OAuthClient(url, await app.get(ServiceClientsService).create('a test', scopes));
  }

  /** Sends a form, authenticated by the header unless others are given. */
  async ask(route: string, fields: Record<string, string>, headers = basicOf(this.credentials)): Promise<Answer> {
    const sending = form(fields);
    return send('POST', `${this.url}/oauth/${route}`, { ...sending, headers: { ...sending.headers, ...headers } });
  }

  token(fields: Record<string, string> = {}): Promise<Answer> {
    return this.ask('token', { grant_type: 'client_credentials', ...fields });
  }

  /** An access token of its own. */
  async accessToken(fields: Record<string, string> = {}): Promise<string> {
    return ((await this.token(fields)).json as { access_token: string }).access_token;
  }

  /** What introspection answers about a token. */
  async introspect(token: string): Promise<unknown> {
    return (await this.ask('introspect', { token })).json;
  }

  revoke(token: string): Promise<Answer> {
    return this.ask('revoke', { token });
  }
}
