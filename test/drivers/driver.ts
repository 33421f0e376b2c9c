import type { Answer, Sending } from '../support/http.js';
import type { Person } from '../support/people.js';
import type { Service } from '../support/service.js';

/** A status with its whole body. */
export interface Expected {
  readonly status: number;
  readonly body: unknown;
}

/** What the shared suite has to know of a contract to hold it to what all contracts owe. */
export interface Driver {
  readonly name: string;
  /** Somebody whose name and password this contract accepts. */
  readonly newPerson: () => Person;
  /** The same person, with the name written in another case. */
  readonly inAnotherCase: (person: Person) => Person;
  readonly registration: (person: Person) => Request;
  readonly registered: (person: Person) => Expected;
  /** True if the name is an address, which anybody may claim until somebody has proved it. */
  readonly claims?: true;
  /** What an account needs between registering and signing in. */
  readonly activate?: (service: Service, person: Person) => Promise<void>;
  readonly signIn: (person: Person) => Request;
  readonly signedIn: (person: Person) => Expected;
  /** What a sign-in gave to open the protected route with. */
  readonly credential: (signedIn: Answer) => string;
  /** A request that needs a credential, and its answer to a good one. */
  readonly guarded: (credential: string) => Request;
  readonly passed: (person: Person) => Expected;
  /** A request for new tokens, if that is another, and what it answers. */
  readonly refresh?: (signedIn: Answer) => Request;
  readonly refreshed?: (person: Person) => Expected;
  /** How long the credential lives, in seconds. */
  readonly lifetime: number;
  /** A genuine token of another type than the guarded route asks for. */
  readonly wrongType: (signedIn: Answer, foreign: ForeignTokens) => string;
  readonly refusals: Refusals;
}

/** A request of a contract; the path is the one its document prints. */
export interface Request extends Sending {
  readonly method: string;
  readonly path: string;
}

/** Tokens of other contracts. */
export interface ForeignTokens {
  readonly access: string;
  readonly refresh: string;
}

/** How a contract refuses; bodies whole. */
export interface Refusals {
  readonly wrongPassword: Expected;
  readonly unknownAccount: Expected;
  readonly taken: (person: Person) => Expected;
  readonly deactivated: Expected;
  readonly malformed: Expected;
  readonly empty: Expected;
  /** The answer to `[1]`. */
  readonly notAnObject: Expected;
  readonly tooLarge: Expected;
  /** The answer to a JSON body labelled text/plain; without one, JSON counts whatever its label. */
  readonly wrongMediaType?: Expected;
  readonly wrongMethod: Expected;
  readonly unknownPath: Expected;
  readonly forgedToken: Expected;
  readonly malformedToken: Expected;
  readonly expiredToken: Expected;
  readonly foreignToken: Expected;
  readonly wrongTypeToken: Expected;
  readonly deactivatedToken: Expected;
  readonly tooManyAttempts: Expected;
  readonly storeFailing: Expected;
}
