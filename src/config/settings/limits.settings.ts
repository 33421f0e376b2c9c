import { integer, quota, toggle } from '../setting.js';

/** Who may try how often. */
export const LIMIT_SETTINGS = {
  LIMITS: toggle({ default: 'on', about: 'Whether attempts are limited; off is for closed test networks.' }),
  SIGN_IN_LIMIT: quota({
    default: '10/15m',
    about: 'How many sign-ins to one account may fail from one network (an IPv4 /24, an IPv6 /64).',
  }),
  SIGN_IN_LIMIT_NETWORK: quota({
    default: '100/15m',
    about: 'How many sign-ins may fail from one network, to whatever accounts.',
  }),
  SIGN_IN_LIMIT_ACCOUNT: quota({
    default: '100/1h',
    about: 'How many sign-ins to one account may fail from all networks that it has not signed in from lately.',
  }),
  KNOWN_NETWORK_DAYS: integer(
    { default: '30', about: 'Days for which an account knows a network that it signed in from.' },
    1,
    3650,
  ),
  REGISTRATION_LIMIT: quota({ default: '60/1h', about: 'How many accounts may be registered from one network.' }),
  MAIL_REQUEST_LIMIT: quota({
    default: '60/1h',
    about: 'How many mails may be asked for from one network without signing in; further requests mail nothing.',
  }),
} as const;
