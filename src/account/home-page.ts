import type { Config } from '../config/env.js';
import { VERSION } from '../config/version.js';
import { escape, page } from '../contract-kit/page.js';

/** The page at the address of the service. */
export function homePage({ PUBLIC_URL, DOCS }: Config): string {
  const places = [
    ...(DOCS ? [['/docs', 'every route, to read and to try']] : []),
    ['/password-reset', 'a new password for a forgotten one'],
    ['/.well-known/oauth-authorization-server', 'what services have to know'],
    ['/.well-known/jwks.json', 'the keys that verify tokens'],
    ['/health/ready', 'whether it can serve'],
  ] as const;
  const items = places.map(([path, what]) => {
    // Under whatever name it was asked for; a proxy may have put it below a path.
    const address = escape(new URL(PUBLIC_URL + path).pathname);
    return `<li><a href="${address}">${path}</a>: ${what}</li>`;
  });
  return page(
    'Latchkey',
    `<p>Version ${VERSION}: one account store behind several login APIs.</p>\n<ul>\n${items.join('\n')}\n</ul>`,
  );
}
