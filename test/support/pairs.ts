import { type Answer, send } from './http.js';
import { newPerson, type Person } from './people.js';
import { whole } from './whole.js';

/** The two tokens that contract 1 gives a session. */
export interface Pair {
  readonly refresh: string;
  readonly access: string;
}

/** A front end of contract 1, asked below its base path. */
export class PairClient {
  private readonly base: string;

  /** @param url of the service, without a slash at the end */
  constructor(url: string) {
    this.base = `${url}/token-pair`;
  }

  register({ username, password }: Person): Promise<Answer> {
    return send('POST', `${this.base}/auth/register`, { body: { username, password } });
  }

  signIn({ username, password }: Person): Promise<Answer> {
    return send('POST', `${this.base}/auth/token`, { body: { username, password } });
  }

  refresh(refresh: string): Promise<Answer> {
    return send('POST', `${this.base}/auth/token/refresh`, { body: { refresh } });
  }

  verify(token: string): Promise<Answer> {
    return send('POST', `${this.base}/auth/token/verify`, { body: { token } });
  }

  getUser(access: string): Promise<Answer> {
    return send('GET', `${this.base}/auth/getuser`, { headers: { authorization: `Bearer ${access}` } });
  }

  /** Registers somebody new, whose first session this is. */
  async newcomer(): Promise<{ person: Person; pair: Pair }> {
    const person = newPerson();
    return { person, pair: pairOf(await this.register(person)) };
  }

  /** Opens another session. */
  async session(person: Person): Promise<Pair> {
    return pairOf(await this.signIn(person));
  }
}

/** The tokens of an answer that must hold them. */
export function pairOf(answer: Answer): Pair {
  const { refresh, access } = (answer.json ?? {}) as Partial<Pair>;
  if (!refresh || !access) throw new Error(`No tokens: ${JSON.stringify(whole(answer))}`);
  return { refresh, access };
}

/** Contract 1's refusals of a token in a body. */
export const IN_BODY = {
  notValid: { status: 401, body: { detail: 'token is invalid or expired', code: 'token_not_valid' } },
  blacklisted: { status: 401, body: { detail: 'Token is blacklisted', code: 'token_not_valid' } },
  wrongType: { status: 401, body: { detail: 'Token has wrong type', code: 'token_not_valid' } },
} as const;

/** Contract 1's refusals of a token in the header. */
export const IN_HEADER = {
  notValid: inHeader('Token is invalid or expired'),
  wrongType: inHeader('Token has wrong type'),
  gone: { status: 401, body: { detail: 'User not found', code: 'user_not_found' } },
  inactive: { status: 401, body: { detail: 'User is inactive', code: 'user_inactive' } },
} as const;

/** Contract 1's refusal of a sign-in. */
export const NO_ACTIVE_ACCOUNT = {
  status: 401,
  body: { detail: 'No active account found with the given credentials' },
} as const;

function inHeader(message: string): { status: number; body: object } {
  return {
    status: 401,
    body: {
      detail: 'Given token not valid for any token type',
      code: 'token_not_valid',
      messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
    },
  };
}
