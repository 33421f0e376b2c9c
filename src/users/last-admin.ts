import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue } from '../database/sql.js';
import { NativeError } from '../errors/native-error.js';
import { NO_PASSWORD } from './password-scheme.js';

/** What `rowsInTurn` is told such statements are about. */
const ADMINISTRATORS = 3;

const IS_ACTIVE_ADMIN = `users.is_admin = true AND users.status = 'active'`;

/** One whose password counts: whoever only has a link to set one may never follow it. */
const IS_ANOTHER = `other.is_admin = true AND other.status = 'active' AND other.password_hash <> '${NO_PASSWORD}'
  AND other.id <> users.id`;

/** Whether an active administrator would stay if the account of the row were none any more. */
const ANOTHER_STAYS = `(NOT (${IS_ACTIVE_ADMIN}) OR EXISTS (SELECT 1 FROM users AS other
  WHERE ${IS_ANOTHER}))`;

/** Runs the statements that may take an administrator away. The last active one stays, whoever asks at once. */
@Injectable()
export class LastAdmin {
  constructor(private readonly sql: Sql) {}

  /**
   * The rows of an update of one account, made from its condition. On PostgreSQL two of them that run at once would each
   * see the other's administrator: they take turns. Ordinary accounts wait for nobody.
   * @param condition what else must hold of the account, or no row is changed
   * @throws {NativeError} `last_admin`
   */
  async rows<Row>(
    statement: (where: string) => string,
    condition: string,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<Row[]> {
    const where = `users.id = :id AND ${condition}`;
    const ofOrdinary = await this.sql.rows<Row>(statement(`${where} AND NOT (${IS_ACTIVE_ADMIN})`), parameters);
    if (ofOrdinary.length > 0) return ofOrdinary;
    const ofAdmin = statement(`${where} AND ${ANOTHER_STAYS}`);
    const rows = await this.sql.rowsInTurn<Row>(ADMINISTRATORS, ofAdmin, parameters);
    if (rows.length > 0) return rows;
    const refused = await this.sql.rows(`SELECT 1 AS one FROM users WHERE ${where} AND ${IS_ACTIVE_ADMIN}`, parameters);
    if (refused.length > 0) throw new NativeError('last_admin');
    return rows;
  }
}
