import type { BareClaim, Contract } from './contract.js';

const FIRST_SEGMENT = /^\/([^/?#]*)/;

/** The contracts of this service, and which of them a path belongs to. */
export class Contracts {
  private readonly byName: ReadonlyMap<string, Contract>;
  private readonly byBarePath: ReadonlyMap<string, Contract>;
  private readonly byPrefix: readonly (readonly [string, Contract])[];

  constructor(readonly all: readonly Contract[]) {
    const claims = (kind: keyof BareClaim): [string, Contract][] =>
      all.flatMap((contract) => contract.bare[kind].map((path): [string, Contract] => [path, contract]));
    this.byName = new Map(all.map((contract) => [contract.name, contract]));
    this.byBarePath = new Map(claims('paths'));
    this.byPrefix = claims('prefixes').sort(([a], [b]) => b.length - a.length);
  }

  /** The contract below whose base path a path lies. */
  ofBasePath(path: string): Contract | undefined {
    return this.byName.get(FIRST_SEGMENT.exec(path)?.[1] ?? '');
  }

  /** The contract that claims a bare path. */
  ofBarePath(path: string): Contract | undefined {
    return this.byBarePath.get(path) ?? this.byPrefix.find(([prefix]) => path.startsWith(prefix))?.[1];
  }
}
