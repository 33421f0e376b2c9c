import 'reflect-metadata';
import {
  getMetadataStorage,
  ValidateBy,
  type ValidationArguments,
  type ValidationOptions,
  validateSync,
} from 'class-validator';
import type { Fields } from './body.js';
import { RequestError, type Violation } from './wire-error.js';

/** A class whose properties, all declared with class-validator's decorators, are the fields of a body. */
export type Dto<T extends object> = new () => T;

type Text = string | ((value: unknown) => string);

/** What `Trimmed` leaves with a property. */
const TRIMMED = Symbol('trimmed');

/** What `at` leaves with a rule. */
interface RuleContext {
  readonly step: number;
  readonly text: Text;
}

/**
 * Options for a decorator of class-validator: the contract's words, and the place of the rule in the order in which the
 * contract's table checks. The lowest broken step answers.
 */
export function at(step: number, text: Text): ValidationOptions {
  const message = typeof text === 'string' ? text : ({ value }: ValidationArguments): string => text(value);
  // class-validator puts names of its own in place of `$property` and the like, even where the caller typed them.
  return { message, context: { step, text } };
}

/** A rule that class-validator has no decorator for; it sees the value, whatever its type, and the fields beside it. */
export function Check(step: number, text: Text, accepts: (value: unknown, dto: object) => boolean): PropertyDecorator {
  const validate = (value: unknown, check?: ValidationArguments): boolean => accepts(value, check?.object ?? {});
  return ValidateBy({ name: `step ${step}`, validator: { validate } }, at(step, text));
}

/** A rule for texts, which any other value breaks. */
export function CheckText(step: number, text: Text, accepts: (value: string) => boolean): PropertyDecorator {
  return Check(step, text, (value) => typeof value === 'string' && accepts(value));
}

/** How strictly fields are read. */
export interface Reading {
  /** A DTO that breaks rules of later steps alone passes. */
  readonly lastStep?: number | undefined;
  /** Whether a field that is not declared is refused; as a rule it is passed over. */
  readonly refusesUnknown?: boolean | undefined;
}

/** Takes the white space off both ends of a text, before its rules are looked at: people copy tokens with it. */
export function Trimmed(): PropertyDecorator {
  return Reflect.metadata(TRIMMED, true);
}

/**
 * The declared fields of a body, and no others.
 * @throws {RequestError} `fields_invalid` with the broken rules, in the order of their steps
 */
export function toDto<T extends object>(type: Dto<T>, fields: Fields, reading: Reading = {}): T {
  const { lastStep = Infinity, refusesUnknown = false } = reading;
  const dto = new type();
  const declared = Object.keys(dto);
  for (const name of declared) {
    if (Object.hasOwn(fields, name)) Object.assign(dto, { [name]: received(dto, name, fields[name]) });
  }
  const violations = [...violationsOf(dto), ...(refusesUnknown ? unknownIn(fields, declared) : [])];
  const refusal = refusalFor(violations, lastStep);
  if (refusal) throw refusal;
  return dto;
}

function received(dto: object, name: string, value: unknown): unknown {
  return typeof value === 'string' && Reflect.hasMetadata(TRIMMED, dto, name) ? value.trim() : value;
}

/** The refusal of a DTO that breaks a rule up to a step, with all that it breaks; `undefined` for any other. */
export function refusalOf(dto: object, lastStep = Infinity): RequestError | undefined {
  return refusalFor(violationsOf(dto), lastStep);
}

function refusalFor(violations: Violation[], lastStep: number): RequestError | undefined {
  const [first] = violations;
  return first && first.step <= lastStep ? new RequestError('fields_invalid', { violations }) : undefined;
}

/** Unknown fields that one refusal names: a body has room for thousands. */
const NAMED_AT_MOST = 20;

/** A field that is not declared. It never becomes a property of a DTO, as class-validator's whitelist would need: it may be `__proto__`. */
export function unknownField(field: string): Violation {
  return { field, text: 'Must be left out: nothing here reads it.', step: Infinity };
}

function unknownIn(fields: Fields, declared: readonly string[]): Violation[] {
  return Object.keys(fields)
    .filter((name) => !declared.includes(name))
    .slice(0, NAMED_AT_MOST)
    .map(unknownField);
}

/** The rules that a DTO breaks, in the order of their steps. */
export function violationsOf(dto: object): Violation[] {
  const errors = validateSync(dto, { forbidUnknownValues: false });
  const violations = errors.flatMap(({ property, value, constraints = {}, contexts = {} }) =>
    Object.keys(constraints).map((rule) => violationOf(property, value, contexts[rule] as RuleContext)),
  );
  // Stable: where two fields break rules of one step, the one declared first answers.
  return violations.sort((a, b) => a.step - b.step);
}

/** Every rule of a DTO as if it alone were broken, in the order of their steps; for documents. */
export function rulesOf(type: Dto<object>): Violation[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const violations = rules.map(({ propertyName, context }) =>
    violationOf(propertyName, 'john', context as RuleContext),
  );
  return violations.sort((a, b) => a.step - b.step);
}

function violationOf(field: string, value: unknown, { step, text }: RuleContext): Violation {
  return { field, text: typeof text === 'string' ? text : text(value), step };
}

/** Whether a value is a text, or missing: what a body may hold where a missing field is dealt with later. */
export function isTextOrMissing(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}
