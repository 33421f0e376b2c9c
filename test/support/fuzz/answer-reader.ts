import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../http.js';

const HEAD_END = '\r\n\r\n';

/** Reads the answers of one connection, strictly: whatever is no answer of HTTP/1.1 is an error. */
export class AnswerReader {
  private bytes: Buffer = Buffer.alloc(0);
  private method = 'GET';

  /** Says which method the next answer is to: one to HEAD has no body. */
  expect(method: string): void {
    this.method = method;
  }

  /** Whether more has come than the answers that were read. */
  get hasRest(): boolean {
    return this.bytes.length > 0;
  }

  /** Takes what has come, and returns the next answer once it is whole. @throws {Error} for what is no answer */
  read(chunk: Buffer): Answer | undefined {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const end = this.bytes.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const head = parseHead(this.bytes.toString('latin1', 0, end));
    const start = end + HEAD_END.length;
    if (head.status < 200) {
      this.bytes = this.bytes.subarray(start);
      return this.read(Buffer.alloc(0));
    }
    const body = this.bodyOf(head, start);
    if (!body) return undefined;
    this.bytes = this.bytes.subarray(body.end);
    const text = body.bytes.toString();
    return { ...head, text, json: jsonOf(text) };
  }

  private bodyOf({ status, headers }: Head, start: number): { bytes: Buffer; end: number } | undefined {
    if (this.method === 'HEAD' || status === 204 || status === 304) return { bytes: Buffer.alloc(0), end: start };
    if (headers['transfer-encoding'] === 'chunked') return chunksOf(this.bytes, start);
    const length = Number(headers['content-length']);
    if (!Number.isSafeInteger(length)) throw new Error(`An answer of no length: ${status}`);
    const end = start + length;
    return this.bytes.length < end ? undefined : { bytes: this.bytes.subarray(start, end), end };
  }
}

type Head = Pick<Answer, 'status' | 'reason' | 'headers'>;

function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const [, status, reason] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? [];
  if (status === undefined) throw new Error(`No status line: ${statusLine.slice(0, 100)}`);
  const headers: IncomingHttpHeaders = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`No header: ${line.slice(0, 100)}`);
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    if (name === 'set-cookie') (headers[name] ??= []).push(value);
    else headers[name] = name in headers ? `${String(headers[name])}, ${value}` : value;
  }
  return { status: Number(status), reason: reason ?? '', headers };
}

function chunksOf(bytes: Buffer, start: number): { bytes: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { bytes: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
