import { QueryFailedError, TypeORMError } from 'typeorm';
import { ConnectionFailure } from './connection.js';

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message: string;
}

/** Which unique column a failed write collided on, if that is why it failed. */
export function collidedColumn<Column extends string>(error: unknown, columns: readonly Column[]): Column | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const { code, constraint, message } = error.driverError as DriverError;
  if (code === 'SQLITE_CONSTRAINT_UNIQUE') return columns.find((column) => message.includes(`.${column}`));
  if (code === '23505') return columns.find((column) => constraint?.includes(column));
  return undefined;
}

/**
 * Mistakes of ours in a statement, rather than a store that fails: SQLite's general error and PostgreSQL's class 42, but
 * for a right that is missing. The only triggers are those of a store that is frozen (freeze.ts).
 */
const OUR_MISTAKE = /^(SQLITE_ERROR|SQLITE_CONSTRAINT(?!_TRIGGER$).*|22...|23...|42(?!501).*)$/;

/** Codes of a PostgreSQL connection that cannot be made or breaks: of the operating system, or classes 08, 28, 3D, 53, 57. */
const CONNECTION_LOST = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|(08|28|3D|53|57)...$)/;

/** What the driver says of such a connection when there is no code. */
const CONNECTION_LOST_MESSAGE = /^(Connection terminated|timeout exceeded when trying to connect)/;

/** Whether an error means that the store cannot be reached or used, so that trying again later may help. */
export function isStoreFailure(error: unknown): boolean {
  if (error instanceof QueryFailedError) return !OUR_MISTAKE.test((error.driverError as DriverError).code ?? '');
  if (error instanceof TypeORMError || error instanceof ConnectionFailure) return true;
  if (!(error instanceof Error)) return false;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? CONNECTION_LOST_MESSAGE.test(message) : CONNECTION_LOST.test(code);
}
