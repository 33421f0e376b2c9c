import { Contracts } from '../../../src/contract-kit/contracts.js';
import { CONTRACTS } from '../../../src/contracts/index.js';
import type { Answer } from '../http.js';
import { DocumentedShapes } from './documented-shapes.js';
import { type NamedDocument, type Operation, operationsIn } from './operations.js';

const ORIGIN = /^https?:\/\/[^/?#]*/i;
const ESCAPED_UNRESERVED = /%(?:4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|3[0-9]|2[de])/gi;
const NO_ESCAPE = /%(?![\da-f]{2})/i;
const OAUTH = '/oauth/';
const ALL_CONTRACTS = new Contracts(CONTRACTS.map(({ contract }) => contract));

/** Every documented route of the service, and whose a path is. */
export class RouteBook {
  readonly operations: readonly Operation[];
  private readonly shapes: ReadonlyMap<string, DocumentedShapes>;

  constructor(private readonly documents: readonly NamedDocument[]) {
    this.operations = documents.flatMap(operationsIn);
    this.shapes = new Map(documents.map(({ name, document }) => [name, new DocumentedShapes(document)]));
  }

  /** The operations at a path, whatever their method. */
  at(path: string): Operation[] {
    return this.operations.filter(({ pattern }) => pattern.test(path));
  }

  /** What an answer of an operation has that its document does not say. */
  faultsOf(operation: Operation, answer: Answer, hasBody: boolean): string[] {
    return this.shapesOf(operation).faultsOf(operation, answer, hasBody);
  }

  /** Whether an answer is a refusal in the shape of the door to which a path belongs. */
  isRefusalAt(path: string, answer: Answer): boolean {
    return this.doorOf(path).some((operation) => this.shapesOf(operation).isRefusalOf(operation, answer));
  }

  private shapesOf({ source }: Operation): DocumentedShapes {
    return this.shapes.get(source.name) as DocumentedShapes;
  }

  /** The operations of a path's door: a contract's by its base path or by what it claims; OAuth's; the native ones. */
  private doorOf(path: string): Operation[] {
    const name = this.documentNameOf(path);
    return this.operations.filter(
      ({ source, template }) =>
        source.name === name && (name !== 'native' || template.startsWith(OAUTH) === path.startsWith(OAUTH)),
    );
  }

  private documentNameOf(path: string): string {
    const [first = ''] = path.slice(1).split('/', 1);
    if (this.documents.some(({ name }) => name === first)) return first;
    const isNative = this.operations.some(({ source, template }) => source.name === 'native' && template === path);
    const contract = ALL_CONTRACTS.ofBarePath(path) ?? (isNative ? undefined : ALL_CONTRACTS.nearestTo(path));
    return contract?.name ?? 'native';
  }
}

/** The path of a target as the service understands it: without origin, query, fragment and needless escapes. */
export function pathOf(target: string): string {
  const withoutOrigin = target.replace(ORIGIN, '');
  const [path = ''] = withoutOrigin.split(/[?#]/, 1);
  const absolute = path.startsWith('/') || withoutOrigin === target ? path : `/${path}`;
  return NO_ESCAPE.test(absolute) ? absolute : absolute.replace(ESCAPED_UNRESERVED, decodeURIComponent);
}
