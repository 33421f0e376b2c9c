import { describe, expect, it } from 'vitest';
import { misspelledSettings } from '../../src/config/misspelled.js';
import { SETTINGS } from '../../src/config/settings.js';

describe('a name that is nearly a setting’s', () => {
  it.each([
    ['PUBLC_URL', 'PUBLIC_URL'],
    ['PUBLIC_ULR', 'PUBLIC_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['public_url', 'PUBLIC_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['TRUST_PROXIES', undefined],
    ['PROT', 'PORT'],
    ['LATCHKEY_SECERT', 'LATCHKEY_SECRET'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LIMIT', 'LIMITS'],
  ])('%s is told, with the setting that was meant', (name, meant) => {
    expect(misspelledSettings({ [name]: 'hush' })).toEqual(
      meant ? [`${name} is no setting. Did you mean ${meant}?`] : [],
    );
  });

  it('is left alone where the setting itself is set', () => {
    expect(misspelledSettings({ LOGLEVEL: 'debug', LOG_LEVEL: 'info' })).toEqual([]);
  });
});

describe('a name of somebody else', () => {
  it('is never told', () => {
    const common = `PATH HOME USER SHELL TERM LANG LC_ALL TZ PWD OLDPWD SHLVL LOGNAME MAIL HOSTNAME EDITOR PAGER DISPLAY TMPDIR
      NODE_ENV NODE_OPTIONS NODE_PATH NODE_VERSION NODE_EXTRA_CA_CERTS NO_COLOR FORCE_COLOR CI DEBUG
      npm_config_loglevel npm_package_version npm_lifecycle_event npm_config_port INIT_CWD
      PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSSLMODE POSTGRES_USER POSTGRES_DB POSTGRES_PASSWORD
      HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR
      KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_PORT LATCHKEY_PORT LATCHKEY_SERVICE_HOST
      INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET STATE_DIRECTORY CREDENTIALS_DIRECTORY LISTEN_FDS LISTEN_PID MAINPID
      OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_PROTOCOL OTEL_RESOURCE_ATTRIBUTES OTEL_TRACES_SAMPLER OTEL_LOG_LEVEL
      SSH_AUTH_SOCK SSH_CLIENT XDG_DATA_DIRS XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS COLORTERM LS_COLORS _`;
    expect(misspelledSettings(Object.fromEntries(common.split(/\s+/).map((name) => [name, 'x'])))).toEqual([]);
  });

  it('is not one setting for another', () => {
    for (const name of Object.keys(SETTINGS)) expect(misspelledSettings({ [name]: 'x' })).toEqual([]);
  });
});
