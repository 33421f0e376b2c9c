import { integer, quota, toggle } from '../setting.js';

/** Who may try how often. */
export const LIMIT_SETTINGS = {
  LIMITS: toggle({ default: 'on', about: 'Whether attempts are limited; off is for closed test networks.' }),
  SIGN_IN_LIMIT: quota({
    default: '10/15m',
    about:
      'How many sign-ins under one name may fail from one address. Its /64 (IPv4: /24) may twice as often, its /56 four times, its /48 six times.',
  }),
  SIGN_IN_LIMIT_NETWORK: quota({
    default: '50/15m',
    about:
      'How many sign-ins may fail from one address, under whatever names. Its /64 (IPv4: /24) may twice as often, its /56 four times, its /48 eight times.',
  }),
  SIGN_IN_LIMIT_IN_A_ROW: quota({
    default: '100/30d',
    about:
      'Failed sign-ins in a row under one name, each within this time after the last. Beyond that only networks that the account knows may try, until one succeeds or a reset link is used.',
  }),
  SIGN_IN_LIMIT_ACCOUNT: quota({
    default: '100/1h',
    about: 'The same for a name whose account has neither a known network nor a verified address.',
  }),
  SIGN_INS_PER_HOUR: quota({ default: '300/1h', about: 'How many sign-ins to one account may succeed.' }),
  SIGN_INS_PER_DAY: quota({ default: '1000/24h', about: 'How many sign-ins to one account may succeed in a day.' }),
  SIGN_INS_NETWORK: quota({
    default: '3000/1h',
    about:
      'How many sign-ins from one /64 (IPv4: /24) may succeed; half from one address. A /48 has in a day what a /64 has in five hours, a /56 half of that.',
  }),
  HASH_LIMIT: quota({
    default: '60/15m',
    about: 'How often one account may change or prove a password or PIN, right or wrong.',
  }),
  HASH_LIMIT_NETWORK: quota({ default: '600/15m', about: 'The same for one /64 (IPv4: /24), to whatever accounts.' }),
  KNOWN_NETWORK_DAYS: integer(
    { default: '30', about: 'Days for which an account knows an address and a network that it signed in from.' },
    1,
    3650,
  ),
  REGISTRATION_LIMIT: quota({
    default: '60/1h',
    about:
      'How many accounts may be registered from one /64 (IPv4: /24); from its /56 twice as many, its /48 four times.',
  }),
  MAIL_REQUEST_LIMIT: quota({
    default: '60/1h',
    about:
      'How many mails may be asked for from one address without signing in; from its /64 (IPv4: /24) twice as many, its /56 four times, its /48 eight times. Further requests mail nothing.',
  }),
  CLIENT_LIMIT: quota({
    default: '60/15m',
    about: 'How often service clients may be refused from one /64 (IPv4: /24).',
  }),
} as const;
