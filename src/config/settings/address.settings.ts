import { isIP } from 'node:net';
import { addresses, choice, integer, origins, text, toggle, webAddress } from '../setting.js';

const HOST_NAME = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;

/** Where the service is and whom it serves. */
export const ADDRESS_SETTINGS = {
  HOST: text(
    { default: '127.0.0.1', about: 'The address to listen on.' },
    'a host name or an IP address',
    (value) => isIP(value) !== 0 || HOST_NAME.test(value),
  ),
  PORT: integer({ default: '3000', about: 'The port to listen on; 0 lets the system choose.' }, 0, 65_535),
  PUBLIC_URL: webAddress({
    default: '',
    about:
      'The address under which clients reach the service: issuer of all JWTs, start of all links. Empty means http://localhost:PORT. Changing it ends all JWTs. Required with DATABASE_URL.',
  }),
  CORS_ORIGINS: origins({
    default: '',
    about:
      'The origins whose pages may use the service with credentials: the cookie routes from another site, and any route with credentials: include.',
  }),
  TRUST_PROXY: addresses({
    default: '',
    about: 'The reverse proxies whose X-Forwarded-For tells where a request comes from; nobody else is believed.',
  }),
  REGISTER_CONTRACT: choice(
    { default: '', about: 'Whose POST /auth/register is at the bare path; empty lets the media type decide.' },
    '',
    'bare-token',
    'token-pair',
  ),
  CONTRACT_STRICT: toggle({
    default: 'off',
    about:
      'Whether contracts are stricter than their documents: no sign-in tells an unknown account from a wrong password; new passwords must be none of the most common ones and have 8 characters, the names of the account and the service not counted; SESSION_MAX_AGE ends opaque tokens that are in use too.',
  }),
} as const;
