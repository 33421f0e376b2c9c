/** The service secret of all instances of a test. */
export const SHARED_SECRET = 'a service secret that all instances of a test share';

/** The migrated database that those of services are copies of. */
export const TEMPLATE = 'latchkey_template';
