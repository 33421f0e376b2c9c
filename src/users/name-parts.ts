import type { Sql } from '../database/sql.js';
import { type Condition, condition } from './account-filter.js';
import { canonical } from './canonical.js';
import { lengthOf } from './identifiers.js';

/** The shortest text that is searched for anywhere in names, in characters; shorter ones begin names. */
const PART_MIN_LENGTH = 3;

/** As `name-search` among the migrations: how many bits of an id tell the accounts of one group apart. */
const GROUP_BITS = 15;

/** As there: the names in one text. */
const NAMES = `replace(coalesce(username_key, '') || chr(1) || coalesce(email_key, '') || coalesce(chr(1) || email_spellings, ''), 'ς', 'σ')`;

/** True if a text is long enough to be searched for anywhere in names. */
export function isNamePart(query: string): boolean {
  return lengthOf(partOf(query)) >= PART_MIN_LENGTH;
}

/** The form in which a part is searched for: the end of a part need not be that of a word, where a small sigma is another. */
export function partOf(query: string): string {
  return searched(canonical('username', query));
}

/** True if a part is somewhere in a name. */
export function hasPart(name: string | null, part: string): boolean {
  return name !== null && searched(name).includes(part);
}

function searched(name: string): string {
  return name.replaceAll('ς', 'σ');
}

/** A condition on `users`: the part is somewhere in a name. It takes no character for a wildcard. */
export function hasNamePart({ isPostgres }: Sql, part: string): Condition {
  const position = isPostgres ? 'strpos' : 'instr';
  const within = (column: string): string => `${position}(replace(${column}, 'ς', 'σ'), :part) > 0`;
  return condition(`(${within('username_key')} OR ${within('email_key')} OR ${within('email_spellings')})`, { part });
}

/**
 * A statement for at most `limit` accounts with the part somewhere in a name, in the order of ids from above `after`, found
 * by its index. PostgreSQL goes through the groups of ids one by one, so that a part that half of all names have costs
 * no more than a rare one; the addition keeps it from reading all accounts in the order of ids instead.
 * @param columns of `users`
 */
export function foundByNamePart(sql: Sql, columns: string, part: string): Condition {
  if (!sql.isPostgres)
    return condition(
      `SELECT ${columns} FROM users WHERE id IN (SELECT rowid FROM account_names
        WHERE account_names MATCH :phrase AND rowid > :after ORDER BY rowid LIMIT :limit) ORDER BY id`,
      { phrase: phrase(part) },
    );
  const grams = (id: string, text: string): string => `latchkey_name_parts(${id}, ${text}) COLLATE "C"`;
  const indexed = `${grams('id', NAMES)} @> ${grams(`group_of_ids << ${GROUP_BITS}`, ':part')}`;
  const { text, parameters } = hasNamePart(sql, part);
  return condition(
    `SELECT found.* FROM generate_series(:after::int >> ${GROUP_BITS},
      (SELECT max(id) FROM users) >> ${GROUP_BITS}) AS group_of_ids
    CROSS JOIN LATERAL (SELECT ${columns} FROM users
      WHERE ${indexed} AND ${text} AND id > :after ORDER BY id + 0 LIMIT :limit) AS found
    LIMIT :limit`,
    parameters,
  );
}

/** A phrase of FTS5, which means its own characters. */
function phrase(part: string): string {
  return `"${part.replaceAll('"', '""')}"`;
}
