/** A request as it goes over the wire. */
export interface Request {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON, a text as a form. */
  readonly body?: object | string;
}

/** The text of a request, which is the same at every connection. */
export function textOf({ method = 'GET', path, headers = {}, body }: Request): string {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const type = typeof body === 'object' ? 'application/json' : 'application/x-www-form-urlencoded';
  const sent = {
    host: 'latchkey.test',
    ...headers,
    ...(text !== undefined && { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
  };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${text ?? ''}`;
}
