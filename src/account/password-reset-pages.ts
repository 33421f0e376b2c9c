import { PASSWORD_MIN_LENGTH } from '../users/password-policy.js';
import { escape, page } from './page.js';

const TITLE = 'Set a new password';

/** The page of a link that works. Its form names the account too, for password stores. */
export function newPasswordPage(email: string): string {
  return page(TITLE, form(email));
}

/** The same page again, after a password that is not acceptable. */
export function refusedPasswordPage(email: string): string {
  return page(
    TITLE,
    `<p role="alert">This password is not acceptable: it needs at least ${PASSWORD_MIN_LENGTH} characters, and must be neither
a common one nor little more than your name, your address or the name of this service. Please choose another.</p>
${form(email)}`,
  );
}

/** The page after a new password was set. */
export function passwordSetPage(): string {
  return page('New password set', `<p>You were signed out everywhere. Sign in again with the new password.</p>`);
}

function form(email: string): string {
  return `<form method="post">
<label>E-mail address
<input type="email" name="email" value="${escape(email)}" autocomplete="username" readonly></label>
<label>New password
<input type="password" name="password" autocomplete="new-password" minlength="${PASSWORD_MIN_LENGTH}" required></label>
<p>At least ${PASSWORD_MIN_LENGTH} characters. If the site where you sign in has rules of its own, keep to those too.</p>
<button>Set the password</button>
</form>
<p>This signs you out everywhere. If you did not ask for it, close this page: your password stays as it is.</p>`;
}
