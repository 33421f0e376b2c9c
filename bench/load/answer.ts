const END_OF_HEAD = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
const CLOSES = /\r\nconnection: *close/i;

/** An HTTP/1.1 answer that has arrived whole. */
export interface Answer {
  readonly status: number;
  /** Where its body begins, and where it ends, in bytes. */
  readonly bodyAt: number;
  readonly end: number;
  /** Whether the server closes the connection after it. */
  readonly closes: boolean;
}

/**
 * Reads no more of an answer than a client must (RFC 9112 §6): the status and where the body ends.
 * @returns `undefined` while some of it is still to come
 * @throws {Error} if it names no end, as answers to HTTP/1.0 may
 */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(END_OF_HEAD);
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const bodyAt = headEnd + END_OF_HEAD.length;
  const end = endOfBody(bytes, bodyAt, head, status);
  if (end === undefined || end > bytes.length) return undefined;
  return { status, bodyAt, end, closes: CLOSES.test(head) };
}

function endOfBody(bytes: Buffer, bodyAt: number, head: string, status: number): number | undefined {
  if (status === 204 || status === 304) return bodyAt;
  const length = LENGTH.exec(head)?.[1];
  if (length !== undefined) return bodyAt + Number(length);
  if (CHUNKED.test(head)) return endOfChunks(bytes, bodyAt);
  throw new Error(`An answer that does not say where it ends: ${head}`);
}

/** Chunk by chunk, each with its size in hexadecimal before it (RFC 9112 §7.1); without trailers. */
function endOfChunks(bytes: Buffer, bodyAt: number): number | undefined {
  let at = bodyAt;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2 + size + 2;
    if (size === 0) return at;
    if (at > bytes.length) return undefined;
  }
}
