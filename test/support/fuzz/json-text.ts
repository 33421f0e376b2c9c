/** A piece of JSON text that no value writes: a number beyond all bounds, a key that comes twice, half of a character. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** JSON as a hostile client writes it: pieces of text go in as they are. */
export function writeJson(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  // An own key "__proto__" is a key like any other here.
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}:${writeJson(field)}`);
  return `{${fields.join(',')}}`;
}
