import type {
  OpenAPIObject,
  ParameterObject,
  RequestBodyObject,
  SchemaObject,
  SecuritySchemeObject,
} from '@nestjs/swagger';
import type { Person } from '../people.js';
import { type Draft, type Encoding, MEDIA_TYPES, setHeader } from './draft.js';
import type { Operation } from './operations.js';
import type { Random } from './random.js';
import type { Credential, Stock } from './stock.js';

/** A valid request, and who makes it. */
export interface Example {
  readonly draft: Draft;
  readonly person: Person;
  readonly credential: Credential;
}

/** A password field's person may be known or new: signing in wants the one, registering the other. */
const NEWCOMERS = 0.5;

/** Whether an operation may make the service hash: it reads a password or a PIN of an account. */
export function mayHash(operation: Operation): boolean {
  const { source, described } = operation;
  const names = bodySchemas(operation).flatMap(({ schema }) =>
    Object.keys(resolved(source.document, schema).properties ?? {}),
  );
  return names.some(isHashedField) || schemesOf(source.document, described).some((scheme) => isPassword(scheme));
}

/** Whether a field holds a password or a PIN. */
export function isHashedField(name: string): boolean {
  return /passw|pin$/i.test(name);
}

/** Makes valid examples of operations, with what is in stock. */
export class Examples {
  private count = 0;

  constructor(
    private readonly stock: Stock,
    private readonly random: Random,
    private readonly label: string,
  ) {}

  /** A valid example of an operation. */
  of(operation: Operation): Example {
    const { random } = this;
    const draft = emptyDraft(operation, random.pick(operation.places));
    draft.isHarmless = operation.method === 'GET' && random.chance(0.5);
    const credential = this.credentialFor(operation, draft.isHarmless);
    const isNewcomer = operation.described.security?.length === 0 && mayHash(operation) && random.chance(NEWCOMERS);
    const person = isNewcomer ? this.newcomer(operation.source.name) : credential.person;
    this.authorize(draft, credential);
    this.fillParameters(draft, person, credential);
    this.fillBody(draft, person, credential);
    return { draft, person, credential };
  }

  /** Somebody new, with a name and a password that a contract takes. */
  newcomer(door: string): Person {
    const username = `${this.label}${++this.count}${this.random.word(6)}`;
    const password = `Pw${this.random.word(10)}A1${door === 'cookie' ? '#' : ''}`;
    return { username, email: `${username}@example.com`, password };
  }

  private credentialFor({ source, method, described }: Operation, isToKeep: boolean): Credential {
    const { random, stock } = this;
    if (described.tags?.includes('admin') && random.chance(0.85)) return stock.admin;
    const door = source.name === 'native' ? undefined : source.name;
    if (isToKeep) return stock.drawKept(random, door);
    return method === 'GET' || described.security?.length === 0
      ? stock.draw(random, door)
      : stock.drawToSpend(random, door);
  }

  private authorize(draft: Draft, credential: Credential): void {
    const { document } = draft.operation.source;
    const names = (draft.operation.described.security ?? []).flatMap((requirement) => Object.keys(requirement));
    if (names.length === 0) return;
    const name = this.random.pick(names);
    const scheme = document.components?.securitySchemes?.[name] as SecuritySchemeObject;
    const { client } = this.stock;
    const { access, refresh, person } = credential;
    const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    if (scheme.type === 'apiKey' && scheme.in === 'cookie') draft.headers.push(['cookie', `${scheme.name}=${access}`]);
    else if (scheme.type === 'apiKey') draft.headers.push([String(scheme.name).toLowerCase(), access]);
    else if (scheme.type === 'oauth2') setHeader(draft, 'authorization', `Bearer ${client.token}`);
    else if (name === 'client') setHeader(draft, 'authorization', basic(client.id, client.secret));
    else if (isPassword(scheme)) setHeader(draft, 'authorization', basic(person.email, person.password));
    else setHeader(draft, 'authorization', `Bearer ${name === 'refresh' ? (refresh ?? access) : access}`);
  }

  private fillParameters(draft: Draft, person: Person, credential: Credential): void {
    const query: string[] = [];
    for (const parameter of (draft.operation.described.parameters ?? []) as ParameterObject[]) {
      const { name } = parameter;
      const schema = (parameter.schema ?? {}) as SchemaObject;
      const value = this.live(name, draft, person, credential) ?? parameter.example ?? exampleOf(draft, schema);
      if (parameter.in === 'path') draft.target = draft.target.replace(`{${name}}`, encodeURIComponent(String(value)));
      else if (name.toLowerCase() === 'x-pin' ? this.random.chance(0.03) : this.random.chance(0.5)) {
        if (parameter.in === 'query') query.push(`${name}=${encodeURIComponent(String(value))}`);
        else draft.headers.push([name.toLowerCase(), String(value)]);
      }
    }
    if (query.length > 0) draft.target += `?${query.join('&')}`;
  }

  private fillBody(draft: Draft, person: Person, credential: Credential): void {
    const { source } = draft.operation;
    const bodies = bodySchemas(draft.operation);
    if (bodies.length === 0) return;
    const { encoding, schema } = this.random.pick(bodies);
    draft.encoding = encoding;
    const { properties = {}, required = [] } = resolved(source.document, schema);
    const names = Object.keys(properties).filter((name) => required.includes(name) || this.random.chance(0.6));
    draft.body = Object.fromEntries(
      names.map((name) => [
        name,
        this.live(name, draft, person, credential) ?? exampleOf(draft, properties[name] as SchemaObject),
      ]),
    );
  }

  /** What stands for a name in this world; undefined where the document's example is as good as anything. */
  private live(name: string, { target }: Draft, person: Person, credential: Credential): unknown {
    const { random, stock } = this;
    const values: Readonly<Record<string, () => unknown>> = {
      username: () => person.username,
      email: () => person.email,
      refresh: () => credential.refresh ?? credential.access,
      token: () =>
        target.includes('{token}') ? random.pick([...stock.links, random.word(43)]) : stock.anyToken(random),
      client_id: () => stock.client.id,
      client_secret: () => stock.client.secret,
      id: () => (target.startsWith('/admin/') ? stock.victim(random).accountId : 'current'),
      pin: () => 'PIN2',
      'X-Pin': () => 'PIN2',
      query: () => 'john',
      session_id: () => stock.victim(random).sessionId,
      scope: () => '',
    };
    return values[name]?.() ?? (/passw/.test(name) ? person.password : undefined);
  }
}

function emptyDraft(operation: Operation, target: string): Draft {
  return {
    operation,
    method: operation.method,
    target,
    headers: [],
    body: undefined,
    encoding: 'none',
    bytes: undefined,
    mayBeUnparsable: false,
    isHarmless: false,
    mutations: [],
  };
}

function bodySchemas({ described }: Operation): { encoding: Encoding; schema: object }[] {
  const { content = {} } = (described.requestBody ?? {}) as Partial<RequestBodyObject>;
  return Object.entries(content).map(([mediaType, { schema }]) => ({
    encoding: (Object.keys(MEDIA_TYPES) as Encoding[]).find((one) => MEDIA_TYPES[one]?.startsWith(mediaType)) ?? 'json',
    schema: schema ?? {},
  }));
}

function resolved(document: OpenAPIObject, schema: object): SchemaObject {
  const { $ref } = schema as { $ref?: string };
  return $ref === undefined
    ? schema
    : (document.components?.schemas?.[$ref.split('/').at(-1) as string] as SchemaObject);
}

function exampleOf({ operation }: Draft, given: SchemaObject): unknown {
  const schema = resolved(operation.source.document, given);
  const byType: Readonly<Record<string, unknown>> = { integer: 1, number: 1, boolean: true, array: [], object: {} };
  const byFormat: Readonly<Record<string, unknown>> = { 'date-time': '2026-01-01T00:00:00Z', date: '2026-01-01' };
  const made = byFormat[String(schema.format)] ?? byType[String(schema.type)] ?? 'text';
  return schema.example ?? schema.default ?? schema.enum?.[0] ?? made;
}

function schemesOf(document: OpenAPIObject, { security = [] }: Operation['described']): SecuritySchemeObject[] {
  const names = security.flatMap((requirement) => Object.keys(requirement)).filter((name) => name !== 'client');
  return names.map((name) => document.components?.securitySchemes?.[name] as SecuritySchemeObject);
}

function isPassword(scheme: SecuritySchemeObject): boolean {
  return scheme.type === 'http' && scheme.scheme === 'basic';
}
