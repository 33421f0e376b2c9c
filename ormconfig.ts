import 'reflect-metadata';
import { readEnvironment } from './src/config/env.js';
import { createDataSource } from './src/database/data-source.js';
import { ENTITIES } from './src/entities.js';

/** The data source of the TypeORM command line, for the database that the environment names. */
export default createDataSource(readEnvironment(), ENTITIES);
