import { choice, integer, portOrOff, text, toggle, url } from '../setting.js';

/** What operators watch. */
export const OPERATION_SETTINGS = {
  AUDIT_RETENTION_DAYS: integer({ default: '365', about: 'Days for which the audit trail is kept.' }, 1, 36_500),
  METRICS_PORT: portOrOff({
    default: '9464',
    about:
      'The port of /metrics, which the public port does not answer; 0 or off means none. If the default is taken, the log says so; one that is set must be free.',
  }),
  METRICS_HOST: text({
    default: '',
    about: 'The address for METRICS_PORT. Empty means HOST if METRICS_PORT is set, and else 127.0.0.1.',
  }),
  DOCS: toggle({ default: 'on', about: 'Whether Swagger UI and the OpenAPI documents are served at /docs.' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(
    { default: '', about: 'Where OpenTelemetry traces go (OTLP over HTTP); empty means none are made.' },
    'http',
    'https',
  ),
  OTEL_SERVICE_NAME: text({ default: 'latchkey', about: 'The name of the service in its traces.' }),
  LOG_LEVEL: choice(
    { default: 'info', about: 'How much is logged; no level logs a secret.' },
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ),
} as const;
