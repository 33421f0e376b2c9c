/** PostgreSQL's channel on which ended sessions are announced. */
export const REVOCATIONS_CHANNEL = 'latchkey_revocations';
