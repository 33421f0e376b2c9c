import type { BareClaim, Contract } from './contract.js';

const FIRST_SEGMENT = /^\/([^/?#]*)/;

interface Claim {
  readonly contract: Contract;
  readonly segments: readonly string[];
}

/** The contracts of this service, and which of them a path belongs to. */
export class Contracts {
  private readonly byName: ReadonlyMap<string, Contract>;
  private readonly byBarePath: ReadonlyMap<string, Contract>;
  private readonly byPrefix: readonly (readonly [string, Contract])[];
  private readonly claims: readonly Claim[];

  /** @param preferred contract that wins a tie for an unknown path; otherwise the first listed */
  constructor(
    readonly all: readonly Contract[],
    preferred = '',
  ) {
    const inOrder = all.toSorted((a, b) => Number(b.name === preferred) - Number(a.name === preferred));
    const claims = (kind: keyof BareClaim): [string, Contract][] =>
      inOrder.flatMap((contract) => contract.bare[kind].map((path): [string, Contract] => [path, contract]));
    this.byName = new Map(all.map((contract) => [contract.name, contract]));
    this.byBarePath = new Map(claims('paths').toReversed());
    this.byPrefix = claims('prefixes').sort(([a], [b]) => b.length - a.length);
    this.claims = [...claims('paths'), ...claims('prefixes')]
      .map(([path, contract]) => ({ contract, segments: segmentsOf(path.replace(/\/$/, '')) }))
      .sort((a, b) => inOrder.indexOf(a.contract) - inOrder.indexOf(b.contract));
  }

  /** The contract below whose base path a path lies. */
  ofBasePath(path: string): Contract | undefined {
    return this.byName.get(FIRST_SEGMENT.exec(path)?.[1] ?? '');
  }

  /** The contract that claims a bare path. */
  ofBarePath(path: string): Contract | undefined {
    return this.byBarePath.get(path) ?? this.byPrefix.find(([prefix]) => path.startsWith(prefix))?.[1];
  }

  /** The contract that claims the bare path with most segments in common with a path, in whose words that is unknown. */
  nearestTo(path: string): Contract | undefined {
    const segments = segmentsOf(path);
    let nearest: { contract?: Contract; count: number } = { count: 0 };
    for (const { contract, segments: claimed } of this.claims) {
      const count = commonCount(claimed, segments);
      if (count > nearest.count) nearest = { contract, count };
    }
    return nearest.contract;
  }
}

function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

function commonCount(claimed: readonly string[], segments: readonly string[]): number {
  const differing = claimed.findIndex((segment, place) => segment !== segments[place]);
  return differing === -1 ? claimed.length : differing;
}
