import type { ShownLink } from '../auth/by-mail/email-links.service.js';
import { escape, page } from '../contract-kit/page.js';

const TITLE = 'Confirm your e-mail address';

/** The page of a link that works: says whose address it is and confirms by its button, for mail scanners follow links. */
export function confirmationPage({ email, needsPassword }: ShownLink): string {
  return page(TITLE, question(email, needsPassword ? passwordForm(email) : BUTTON_ALONE));
}

/** The same page again, after a password that is missing or wrong. */
export function passwordAskedPage(email: string, isMissing: boolean): string {
  const alert = isMissing ? 'The password of that account is needed.' : 'This is not the password of that account.';
  return page(TITLE, `<p role="alert">${alert}</p>\n${question(email, passwordForm(email))}`);
}

function question(email: string, form: string): string {
  return `<p>Somebody asked to use <strong>${escape(email)}</strong> for an account.</p>
${form}
<p>If that was not you, close this page: without your confirmation nobody can sign in with this address.</p>`;
}

const BUTTON = '<button>Yes, this is my address</button>';

const BUTTON_ALONE = `<form method="post">${BUTTON}</form>`;

function passwordForm(email: string): string {
  return `<p>Other accounts claim this address too. Enter the password of the account that the mail names. If you do not know it,
somebody else created that account: use the link for yours.</p>
<form method="post">
<label>E-mail address
<input type="email" name="email" value="${escape(email)}" autocomplete="username" readonly></label>
<label>Password
<input type="password" name="password" autocomplete="current-password" required></label>
${BUTTON}
</form>`;
}

/** The page after confirming. */
export function confirmedPage(email: string): string {
  return page('Address confirmed', `<p><strong>${escape(email)}</strong> is confirmed. You can close this page.</p>`);
}
