import { escape, page } from './page.js';

/** The page of a link that works: says whose address it is and confirms by its button, for mail scanners follow links. */
export function confirmationPage(email: string): string {
  return page(
    'Confirm your e-mail address',
    `<p>Somebody asked to use <strong>${escape(email)}</strong> for an account.</p>
<form method="post"><button>Yes, this is my address</button></form>
<p>If that was not you, close this page: without your confirmation nobody can sign in with this address.</p>`,
  );
}

/** The page after confirming. */
export function confirmedPage(email: string): string {
  return page('Address confirmed', `<p><strong>${escape(email)}</strong> is confirmed. You can close this page.</p>`);
}
