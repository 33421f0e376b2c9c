import { choice, integer, text, url } from '../setting.js';

/** What operators watch. */
export const OPERATION_SETTINGS = {
  AUDIT_RETENTION_DAYS: integer({ default: '365', about: 'Days for which the audit trail is kept.' }, 1, 36_500),
  METRICS_PORT: integer(
    { default: '0', about: 'A port of its own for /metrics, at HOST; 0 leaves it on the public port.' },
    0,
    65_535,
  ),
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
