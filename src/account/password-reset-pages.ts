import { PASSWORD_MAX_BYTES } from '../users/identifiers.js';
import { PASSWORD_MIN_LENGTH } from '../users/password-policy.js';
import type { NewPasswordQuestion } from '../auth/by-mail/password-reset.service.js';
import { escape, page } from '../contract-kit/page.js';

const TITLE = 'Set a new password';

/** The page where a link is asked for. */
export function linkRequestPage(): string {
  return page(
    'Forgotten password',
    `<form method="post">
<label>E-mail address of your account
<input type="text" inputmode="email" name="email" autocomplete="username" autocapitalize="none" required></label>
<button>Mail me a link</button>
</form>
<p>The link leads to a page where you set a new password. Your password stays as it is until then.</p>`,
  );
}

/** The page after a link was asked for: the same one, whether there is such an account or not. */
export function linkRequestedPage(): string {
  return page(
    'Check your inbox',
    `<p>If there is an account with that address, a link is on its way there. It works once, within one hour.</p>
<p>Nothing came? Check your spam folder, wait a few minutes, or <a href="">try another address</a>.</p>`,
  );
}

/** The page of a link that works. Its form names the account too, for password stores. */
export function newPasswordPage(question: NewPasswordQuestion): string {
  return page(TITLE, form(question));
}

/** The same page again, after a password that is not acceptable. */
export function refusedPasswordPage(question: NewPasswordQuestion): string {
  return page(
    TITLE,
    `<p role="alert">This password is not acceptable: it needs at least ${PASSWORD_MIN_LENGTH} characters and at most
${PASSWORD_MAX_BYTES} bytes, none of them NUL, and must be neither a common one nor little more than your name, your address or the name of this service. Please choose another.</p>
${form(question)}`,
  );
}

/** The page after a new password was set. */
export function passwordSetPage(): string {
  return page('New password set', `<p>You were signed out everywhere. Sign in again with the new password.</p>`);
}

function form({ email, rules }: NewPasswordQuestion): string {
  return `<form method="post">
<label>E-mail address
<input type="email" name="email" value="${escape(email)}" autocomplete="username" readonly></label>
<label>New password
<input type="password" name="password" autocomplete="new-password" minlength="${PASSWORD_MIN_LENGTH}" required></label>
<p>At least ${PASSWORD_MIN_LENGTH} characters. ${furtherRules(rules)}
<button>Set the password</button>
</form>
<p>This signs you out everywhere. If you did not ask for it, close this page: your password stays as it is.</p>`;
}

/** What is not demanded here, but by front ends that the account uses. */
function furtherRules(rules: NewPasswordQuestion['rules']): string {
  if (rules.length === 0) return 'If the site where you sign in has rules of its own, keep to those too.</p>';
  const items = rules.map(([contract, rule]) => `<li>${contract}: ${rule}</li>`).join('\n');
  return `Sites where you signed in may demand more, and not take another one:</p>\n<ul>\n${items}\n</ul>`;
}
