import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { type Answer, send } from './http.js';
import type { Person } from './people.js';
import type { Service } from './service.js';

/** The tokens that a contract gave somebody. */
export interface ContractTokens {
  readonly contract: string;
  readonly person: Person;
  /** What other services verify by themselves. */
  readonly access?: string;
  readonly refresh?: string;
  readonly opaque?: string;
}

type Tokens = Pick<ContractTokens, 'access' | 'refresh' | 'opaque'>;
type Body = Readonly<Record<string, string>>;

/** Where each contract's answer to a sign-in has them. */
const TOKENS: Readonly<Record<string, (driver: Driver, signedIn: Answer) => Tokens>> = {
  'bare-token': (_driver, { json }) => ({ access: (json as Body).authToken }),
  'token-pair': (_driver, { json }) => ({ access: (json as Body).access, refresh: (json as Body).refresh }),
  cookie: (driver, signedIn) => ({ access: driver.credential(signedIn) }),
  'opaque-token': (_driver, { json }) => ({ opaque: (json as Body).token }),
  basic: (_driver, { json }) => ({ access: (json as Body).access_token, refresh: (json as Body).refresh_token }),
};

/** The contracts that issue JWTs. */
export const JWT_CONTRACTS = DRIVERS.map(({ name }) => name).filter((name) => name !== 'opaque-token');

/** Registers somebody new through a contract and signs in. */
export async function signInThrough(service: Service, contract: string): Promise<ContractTokens> {
  const driver = DRIVERS.find(({ name }) => name === contract) as Driver;
  const person = driver.newPerson();
  await ask(service, driver, driver.registration(person));
  await driver.activate?.(service, person);
  const signedIn = await ask(service, driver, driver.signIn(person));
  const tokens = TOKENS[contract]?.(driver, signedIn);
  if (signedIn.status !== 200 || !tokens) throw new Error(`No tokens of ${contract}: ${signedIn.status}`);
  return { contract, person, ...tokens };
}

/** The tokens of somebody whose account is pending: what the registration of `basic` answers. */
export async function registerPending(service: Service): Promise<Required<Omit<ContractTokens, 'opaque'>>> {
  const driver = DRIVERS.find(({ name }) => name === 'basic') as Driver;
  const person = driver.newPerson();
  const body = (await ask(service, driver, driver.registration(person))).json as Body;
  return { contract: 'basic', person, access: body.access_token as string, refresh: body.refresh_token as string };
}

/** Whether a contract's route lets a token pass that it asks for. */
export async function opens(service: Service, contract: string, token: string): Promise<boolean> {
  const driver = DRIVERS.find(({ name }) => name === contract) as Driver;
  const { status } = await ask(service, driver, driver.guarded(token));
  return status !== 401 && status !== 422;
}

async function ask({ url }: Service, { name }: Driver, request: ReturnType<Driver['signIn']>): Promise<Answer> {
  const { method, path, ...sending } = request;
  return send(method, `${url}/${name}${path}`, sending);
}
