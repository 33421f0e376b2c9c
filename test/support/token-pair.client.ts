import { isFormType } from '../../src/contract-kit/body.js';
import { type Answer, send, type Sending } from './http.js';
import { decode } from './jwt.js';
import { newPerson, type Person } from './people.js';

/** Where contract 1 answers. */
export const MOUNTS = [
  { mount: 'its own base path', base: '/token-pair' },
  { mount: 'the bare path', base: '' },
];

/** What a sign-in answers. */
export interface Pair {
  readonly refresh: string;
  readonly access: string;
}

/** A front end of contract 1. At the bare path it says so in a header where only a form would be told apart. */
export class TokenPairClient {
  constructor(
    private readonly serviceUrl: string,
    private readonly base: string,
  ) {}

  send(method: string, path: string, { headers = {}, body }: Sending = {}): Promise<Answer> {
    const isShared = this.base === '' && path === '/auth/register' && !isFormType(headers['content-type'] ?? '');
    const named = { ...(isShared && { 'auth-contract': 'token-pair' }), ...headers };
    return send(method, `${this.serviceUrl}${this.base}${path}`, { headers: named, body });
  }

  post(path: string, body: object): Promise<Answer> {
    return this.send('POST', path, { body });
  }

  register(body: object): Promise<Answer> {
    return this.post('/auth/register', body);
  }

  token(body: object): Promise<Answer> {
    return this.post('/auth/token', body);
  }

  refresh(refresh: string): Promise<Answer> {
    return this.post('/auth/token/refresh', { refresh });
  }

  verify(token: string): Promise<Answer> {
    return this.post('/auth/token/verify', { token });
  }

  getUser(authorization: string): Promise<Answer> {
    return this.send('GET', '/auth/getuser', { headers: { authorization } });
  }

  /** Registers somebody new. */
  async newcomer(): Promise<Pair & { person: Person; accountId: number }> {
    const person = newPerson();
    const pair = pairOf(await this.register(credentials(person)));
    return { person, accountId: Number(decode(pair.access).claims.sub), ...pair };
  }
}

/** The body of token and register. */
export function credentials({ username, password }: Person): { username: string; password: string } {
  return { username, password };
}

/** The tokens of an answer. */
export function pairOf({ json }: Answer): Pair {
  return json as Pair;
}

/** An answer of contract 1, whole, with the challenge that every 401 carries and nothing else does. */
export function outcome({ status, json, headers }: Answer): object {
  return { status, body: json, challenge: headers['www-authenticate'] };
}

/** A refusal or success of contract 1 as `outcome` shows it. */
export function answered(status: number, body: object): object {
  return { status, body, challenge: status === 401 ? 'Bearer realm="api"' : undefined };
}

/** The refusal of a token in a body. */
export const INVALID = answered(401, { detail: 'token is invalid or expired', code: 'token_not_valid' });

/** The refusal of a token in the header. */
export function notValidInHeader(message: string): object {
  return answered(401, {
    detail: 'Given token not valid for any token type',
    code: 'token_not_valid',
    messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
  });
}

/** Tokens of other contracts, of every kind that a confused client might present. */
export async function foreignTokens(serviceUrl: string): Promise<string[]> {
  const person = newPerson();
  const { email, password } = person;
  const bare = await send('POST', `${serviceUrl}/bare-token/auth/register`, { body: credentials(person) });
  const basic = await send('POST', `${serviceUrl}/basic/api/v1.0/register`, { body: { email, password } });
  const { access_token, refresh_token } = basic.json as { access_token: string; refresh_token: string };
  return [(bare.json as { authToken: string }).authToken, access_token, refresh_token];
}
