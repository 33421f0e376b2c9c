import { duration, integer, text, toggle, url } from '../setting.js';

/** `address`, or `name <address>`. */
const SENDER = /^([^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;

/** E-mail and what is proved by it. */
export const MAIL_SETTINGS = {
  EMAIL_VERIFICATION: toggle({
    default: 'on',
    about:
      'Whether an account made by e-mail must verify the address before use; off gives an address to whoever registers with it first.',
  }),
  PENDING_ACCOUNT_DAYS: integer(
    { default: '7', about: 'Days after which an account that was never verified is removed.' },
    1,
    365,
  ),
  SMTP_URL: url(
    {
      default: '',
      about: 'The mail server; empty writes mails to DATA_DIR/outbox and their links to the log.',
      secret: true,
    },
    'smtp',
    'smtps',
  ),
  MAIL_FROM: text(
    { default: 'Latchkey <no-reply@localhost>', about: 'The sender of mails.' },
    'an address, with or without a name',
    (value) => SENDER.test(value),
  ),
  MAIL_RETRY: duration({
    default: '10s',
    about: 'How long to wait before a failed mail is tried again; each further wait is twice as long.',
  }),
  MAIL_QUIET: duration(
    { default: '5m', about: 'How long after a mail with a link no other of its kind goes to the same account.' },
    0,
  ),
} as const;
