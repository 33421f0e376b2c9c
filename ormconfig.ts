import 'reflect-metadata';
import { readEnvironment } from './src/config/env.js';
import { ServiceSecret } from './src/config/service-secret.js';
import { createDataSource, withoutTimeout } from './src/database/data-source.js';
import { ENTITIES } from './src/entities.js';

const config = readEnvironment();
// The secret comes before the database: the service refuses a database without one.
ServiceSecret.of(config);

/** The data source of the TypeORM command line, for the database that the environment names. */
export default createDataSource(config, ENTITIES).then(withoutTimeout);
