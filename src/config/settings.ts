import { ADDRESS_SETTINGS } from './settings/address.settings.js';
import { STORE_SETTINGS } from './settings/store.settings.js';
import { PASSWORD_SETTINGS } from './settings/passwords.settings.js';
import { LIMIT_SETTINGS } from './settings/limits.settings.js';
import { TOKEN_SETTINGS } from './settings/tokens.settings.js';
import { MAIL_SETTINGS } from './settings/mail.settings.js';
import { OPERATION_SETTINGS } from './settings/operation.settings.js';

/** Every setting of the service, in the order in which `.env.example` lists them. */
export const SETTINGS = {
  ...ADDRESS_SETTINGS,
  ...STORE_SETTINGS,
  ...PASSWORD_SETTINGS,
  ...LIMIT_SETTINGS,
  ...TOKEN_SETTINGS,
  ...MAIL_SETTINGS,
  ...OPERATION_SETTINGS,
} as const;
