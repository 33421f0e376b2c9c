/** Lifetimes of access tokens, by contract. Contracts with opaque tokens only have none. */
export class TokenLifetimes {
  /** The longest of them, in seconds. */
  readonly longestSeconds: number;

  /** @param secondsByContract every contract that has access tokens */
  constructor(private readonly secondsByContract: ReadonlyMap<string, number>) {
    this.longestSeconds = Math.max(0, ...secondsByContract.values());
  }

  /** The lifetime of a contract's access tokens, in seconds. */
  secondsOf(contract: string): number | undefined {
    return this.secondsByContract.get(contract);
  }

  /** Every contract with its lifetime in seconds. */
  get all(): readonly (readonly [contract: string, seconds: number])[] {
    return [...this.secondsByContract];
  }
}
