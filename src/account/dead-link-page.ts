import type { LinkEnd, LinkFate, LinkPurpose } from '../errors/link-fate.js';
import { escape, page } from '../contract-kit/page.js';

/** The words for a kind of link. */
interface Kind {
  /** Its lifetime, in words. */
  readonly lifetime: string;
  /** Its effect, as the end of a sentence. */
  readonly done: (email: string) => string;
  readonly advice: string;
}

const OF_EMAIL = {
  lifetime: '24 hours',
  advice:
    'If your address is not confirmed yet, sign in once more or ask for another link where you asked for this one.',
};

const KINDS: Readonly<Record<LinkPurpose, Kind>> = {
  verify_email: { ...OF_EMAIL, done: (email) => `to confirm <strong>${email}</strong>` },
  change_email: { ...OF_EMAIL, done: (email) => `to give the account the address <strong>${email}</strong>` },
  reset_password: {
    lifetime: 'one hour',
    done: () => 'to set a new password',
    advice: 'If you need a new password, <a href="../password-reset">ask for another link</a>.',
  },
};

/** The reasons for which a link ended unused. */
const ENDS: Readonly<Record<Exclude<LinkEnd, 'used'>, string>> = {
  newer_link: 'A newer link took its place',
  address_confirmed: 'The address of the account was confirmed after it was mailed',
  address_changed: 'The account got another address after it was mailed',
  address_taken: 'Another account confirmed the address after it was mailed',
  password_changed: 'The password of the account was changed after it was mailed',
  account_changed: 'The account was changed after it was mailed',
};

const NOTHING_TO_DO = 'You can close this page.';

/** Advice that depends on what became of a link more than on its kind. */
const ADVICE: Readonly<Partial<Record<LinkFate['what'], string>>> = {
  newer_link: 'Use the link of the newest mail.',
  address_confirmed: NOTHING_TO_DO,
  address_taken:
    'If that was you, sign in to that account. If you do not know its password, <a href="../password-reset">ask for a new one</a>.',
};

/** For a link that the store does not know: its account may be gone, since another proved the address. */
const UNKNOWN = 'There is no such link, or none any more: it may be incomplete or days old, or its account is gone.';

/** The page of a link that does not work: what became of it, for as long as that is known. */
export function deadLinkPage(fate: LinkFate | undefined, purpose: LinkPurpose): string {
  return page(
    'This link does not work any more',
    `<p>${fate ? sentence(fate) : UNKNOWN}</p>\n<p>${adviceOf(fate, purpose)}</p>`,
  );
}

function adviceOf(fate: LinkFate | undefined, purpose: LinkPurpose): string {
  if (fate?.what === 'used' && fate.purpose !== 'reset_password') return NOTHING_TO_DO;
  return (fate && ADVICE[fate.what]) ?? KINDS[fate?.purpose ?? purpose].advice;
}

function sentence({ purpose, email, what, at }: LinkFate): string {
  const { lifetime, done } = KINDS[purpose];
  const when = at ? ` on ${timeOf(at)}` : '';
  if (what === 'used') return `It was used${when} ${done(escape(email))}.`;
  if (what === 'expired') return `It works for ${lifetime} and expired${when}. It was not used, and changed nothing.`;
  return `${ENDS[what]}${when && `,${when}`}.`;
}

/** A time for people everywhere. */
function timeOf(at: Date): string {
  const text = at.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `<time datetime="${at.toISOString()}">${text} UTC</time>`;
}
