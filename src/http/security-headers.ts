import { PAGE_POLICY } from '../contract-kit/page.js';

/** Headers of every answer (OWASP Secure Headers), made once: computing them per request costs a third of the throughput. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  // Answers hold tokens (RFC 6749 §5.1); what may be cached says so itself.
  'cache-control': 'no-store',
} as const;

const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/** What a page may load, by the beginning of its path; answers that are no page load nothing. */
const CONTENT_SECURITY_POLICIES: readonly (readonly [string, string])[] = [
  [
    '/docs',
    `${NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'`,
  ],
  ['/verify/', PAGE_POLICY],
  ['/password-reset', PAGE_POLICY],
  ['', `${NOTHING}; form-action 'none'`],
];

/** The fixed headers of an answer, by path; over https also Strict-Transport-Security. */
export function securityHeaders(publicUrl: string): (path: string) => Readonly<Record<string, string>> {
  const hsts = publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' };
  const sets = CONTENT_SECURITY_POLICIES.map(
    ([prefix, policy]) => [prefix, { ...ALWAYS, ...hsts, 'content-security-policy': policy }] as const,
  );
  return (path) => sets.find(([prefix]) => path.startsWith(prefix))?.[1] ?? ALWAYS;
}
