import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds accounts by any three characters of a name or more. The database itself keeps the index in step with the names. */
export class NameSearch1764506000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users ADD COLUMN email_spellings text');
    for (const statement of isPostgres(runner) ? POSTGRES.up : SQLITE.up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of isPostgres(runner) ? POSTGRES.down : SQLITE.down) await runner.query(statement);
    await runner.query('ALTER TABLE users DROP COLUMN email_spellings');
  }
}

/** The old names must be said as they were: the full-text index keeps no copy of them (SQLite's FTS5 §4.4.3). */
const FORGET_OLD = `INSERT INTO account_names (account_names, rowid, username_key, email_key, email_spellings)
  VALUES ('delete', old.id, old.username_key, old.email_key, old.email_spellings);`;
const ADD_NEW = `INSERT INTO account_names (rowid, username_key, email_key, email_spellings)
  VALUES (new.id, new.username_key, new.email_key, new.email_spellings);`;

/** Keys are in lower case, but there are two small sigmas, which the tokenizer reads as one. */
const SQLITE = {
  up: [
    `CREATE VIRTUAL TABLE account_names USING fts5(username_key, email_key, email_spellings, content = 'users',
       content_rowid = 'id', columnsize = 0, tokenize = 'trigram')`,
    `INSERT INTO account_names (account_names) VALUES ('rebuild')`,
    `CREATE TRIGGER account_names_insert AFTER INSERT ON users BEGIN ${ADD_NEW} END`,
    `CREATE TRIGGER account_names_update AFTER UPDATE OF username_key, email_key, email_spellings ON users
       WHEN old.username_key IS NOT new.username_key OR old.email_key IS NOT new.email_key
         OR old.email_spellings IS NOT new.email_spellings
       BEGIN ${FORGET_OLD} ${ADD_NEW} END`,
    `CREATE TRIGGER account_names_delete AFTER DELETE ON users BEGIN ${FORGET_OLD} END`,
  ],
  down: [
    ...['insert', 'update', 'delete'].map((act) => `DROP TRIGGER account_names_${act}`),
    'DROP TABLE account_names',
  ],
};

/**
 * Every three characters in a row of a text, behind the thousands of ids that the account is among: one lookup finds the
 * accounts of such a group, and the groups are in the order of ids. pg_trgm would find neither punctuation nor, in some
 * locales, letters beyond ASCII.
 */
const FUNCTION = `CREATE FUNCTION latchkey_name_parts(id integer, names text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT (id >> 15)::text || ' ' || substr(names, place, 3)
      FROM generate_series(1, length(names) - 2) AS place)
  $$`;

/** The control character between them is part of no name. */
const NAMES = `replace(coalesce(username_key, '') || chr(1) || coalesce(email_key, '') || coalesce(chr(1) || email_spellings, ''), 'ς', 'σ')`;

const POSTGRES = {
  up: [
    FUNCTION,
    // A search reads the list of pending entries through, so it is short.
    `CREATE INDEX users_name_parts_index ON users
       USING gin ((latchkey_name_parts(id, ${NAMES}) COLLATE "C")) WITH (gin_pending_list_limit = 1024)`,
  ],
  down: ['DROP INDEX users_name_parts_index', 'DROP FUNCTION latchkey_name_parts(integer, text)'],
};

function isPostgres({ dataSource }: QueryRunner): boolean {
  return dataSource.options.type === 'postgres';
}
