import type { Sending } from './http.js';

const BOUNDARY = 'latchkey-test-boundary';

/** A multipart body of text fields with its media type, as a browser's FormData sends it. */
export function multipart(fields: Record<string, string>): Sending {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: `${parts.join('')}--${BOUNDARY}--\r\n`,
  };
}
