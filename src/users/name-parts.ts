import type { Sql } from '../database/sql.js';
import { type Condition, condition } from './account-filter.js';
import { canonical, canonicalWithHost } from './canonical.js';
import { isTooLongForName, lengthOf } from './identifiers.js';

/** The shortest text that is searched for anywhere in names, in characters; shorter ones begin names. */
const PART_MIN_LENGTH = 3;

/** As `name-search` among the migrations: how many bits of an id tell the accounts of one group apart. */
const GROUP_BITS = 15;

/** As there: both names in one text. */
const NAMES = `coalesce(username_key, '') || chr(1) || coalesce(email_key, '')`;

/** True if a text is long enough to be searched for anywhere in names. */
export function isNamePart(query: string): boolean {
  return lengthOf(canonical('username', query)) >= PART_MIN_LENGTH;
}

/** The forms that a text has in names: as any part of them, and as the host of an address, which is kept in ASCII. */
export function partsOf(query: string): readonly string[] {
  const part = canonical('username', query);
  return isTooLongForName(query) ? [part] : [...new Set([part, canonicalWithHost(query)])];
}

/** A condition on `users`: one of the parts is somewhere in a name. It takes no character for a wildcard. */
export function hasNamePart({ isPostgres }: Sql, parts: readonly string[]): Condition {
  const position = isPostgres ? 'strpos' : 'instr';
  const conditions = parts.flatMap((_, n) =>
    ['username_key', 'email_key'].map((column) => `${position}(${column}, :part${n}) > 0`),
  );
  return condition(`(${conditions.join(' OR ')})`, Object.fromEntries(parts.map((part, n) => [`part${n}`, part])));
}

/**
 * A statement for at most `limit` accounts with a part somewhere in a name, in the order of ids from above `after`, found
 * by its index. PostgreSQL goes through the groups of ids one by one, so that a part that half of all names have costs
 * no more than a rare one; the addition keeps it from reading all accounts in the order of ids instead.
 * @param columns of `users`
 */
export function foundByNamePart(sql: Sql, columns: string, parts: readonly string[]): Condition {
  if (!sql.isPostgres)
    return condition(
      `SELECT ${columns} FROM users WHERE id IN (SELECT rowid FROM account_names
        WHERE account_names MATCH :phrases AND rowid > :after ORDER BY rowid LIMIT :limit) ORDER BY id`,
      { phrases: parts.map(phrase).join(' OR ') },
    );
  const grams = (id: string, text: string): string => `latchkey_name_parts(${id}, ${text}) COLLATE "C"`;
  const indexed = parts.map(
    (_, n) => `${grams('id', NAMES)} @> ${grams(`group_of_ids << ${GROUP_BITS}`, `:part${n}`)}`,
  );
  const { text, parameters } = hasNamePart(sql, parts);
  return condition(
    `SELECT found.* FROM generate_series(:after::int >> ${GROUP_BITS},
      (SELECT max(id) FROM users) >> ${GROUP_BITS}) AS group_of_ids
    CROSS JOIN LATERAL (SELECT ${columns} FROM users
      WHERE (${indexed.join(' OR ')}) AND ${text} AND id > :after ORDER BY id + 0 LIMIT :limit) AS found
    LIMIT :limit`,
    parameters,
  );
}

/** A phrase of FTS5, which means its own characters. */
function phrase(part: string): string {
  return `"${part.replaceAll('"', '""')}"`;
}
