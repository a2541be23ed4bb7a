/** One step from an older schema to a newer one, in a transaction of its own. */
export interface Migration {
  /** From 1, without gaps; a published one never changes. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** Statements that only PostgreSQL needs, in its own SQL. */
  readonly postgres?: readonly string[];
}

/** The lock that every change in PostgreSQL holds until it is committed: "vratny d" in ASCII. */
export const CHANGE_LOCK = '8534991396518043748';

function noteChanges(table: string, update: string): readonly string[] {
  return [
    `DROP TRIGGER IF EXISTS note_change ON ${table}`,
    `CREATE TRIGGER note_change BEFORE INSERT OR DELETE OR TRUNCATE OR ${update} ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION note_change()`,
  ];
}

/** All steps, oldest first, in the SQL of SQLite. */
export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'domains, mailboxes, aliases, audit',
    sql: `
      CREATE TABLE domains (
        name            TEXT PRIMARY KEY NOT NULL,
        letter          TEXT NOT NULL CHECK (letter IN ('a', 'b', 'c', 'd')),
        previous_letter TEXT CHECK (previous_letter IN ('a', 'b', 'c', 'd')),
        grace_until     INTEGER,
        CHECK ((previous_letter IS NULL) = (grace_until IS NULL))
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE mailboxes (
        address     TEXT PRIMARY KEY NOT NULL,
        domain      TEXT NOT NULL REFERENCES domains (name),
        local       TEXT NOT NULL CHECK (local <> ''),
        quota_bytes INTEGER CHECK (quota_bytes > 0),
        used_bytes  INTEGER NOT NULL DEFAULT 0 CHECK (used_bytes >= 0),
        antispam    INTEGER NOT NULL CHECK (antispam IN (0, 1)),
        enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        CHECK (address = local || '@' || domain),
        -- Never full, never disabled.
        CHECK (local NOT IN ('postmaster', 'abuse') OR (quota_bytes IS NULL AND enabled = 1))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX mailboxes_of_domain ON mailboxes (domain, address);

      CREATE TABLE aliases (
        address  TEXT NOT NULL,
        domain   TEXT NOT NULL REFERENCES domains (name),
        position INTEGER NOT NULL CHECK (position >= 0),
        target   TEXT NOT NULL,
        PRIMARY KEY (address, position)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX aliases_of_domain ON aliases (domain, address, position);

      CREATE TABLE audit (
        id      INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL,
        actor   TEXT NOT NULL,
        action  TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail  TEXT NOT NULL
      ) STRICT;
    `,
  },
  {
    number: 2,
    name: 'the store of a mailbox',
    sql: `ALTER TABLE mailboxes ADD COLUMN store TEXT CHECK (store <> '')`,
  },
  {
    number: 3,
    name: 'domain aliases, and domains whose mailboxes the store knows',
    sql: `
      ALTER TABLE domains ADD COLUMN alias_of TEXT REFERENCES domains (name) CHECK (alias_of <> name);
      ALTER TABLE domains ADD COLUMN mailboxes TEXT CHECK (mailboxes IN ('directory', 'store'));
    `,
  },
  {
    number: 4,
    name: 'accepted letters',
    // Of those that are there already nobody wrote down since when.
    sql: `
      CREATE TABLE accepted_letters (
        domain    TEXT NOT NULL REFERENCES domains (name),
        letter    TEXT NOT NULL CHECK (letter IN ('a', 'b', 'c', 'd')),
        since     INTEGER NOT NULL,
        seen_left INTEGER,
        PRIMARY KEY (domain, letter)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO accepted_letters (domain, letter, since) SELECT name, letter, 0 FROM domains;
      INSERT INTO accepted_letters (domain, letter, since)
        SELECT name, previous_letter, 0 FROM domains WHERE previous_letter IS NOT NULL AND previous_letter <> letter;
    `,
  },
  {
    number: 5,
    name: 'what looks at DNS showed of accepted letters',
    sql: `
      ALTER TABLE accepted_letters ADD COLUMN omitted_since INTEGER;
      ALTER TABLE accepted_letters ADD COLUMN old_ttl_seconds INTEGER CHECK (old_ttl_seconds >= 0);
    `,
  },
  {
    number: 6,
    name: 'changes that are written past the program',
    // Look-ups read a file of SQLite itself; copies of tables in PostgreSQL are told of changes by the audit.
    sql: '',
    postgres: [
      `CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
       BEGIN
         IF current_setting('vratny.noted', true) IS DISTINCT FROM 'yes' THEN
           -- As every change of the program does, and before a row is locked: lines of the audit are committed in the order of their numbers.
           PERFORM pg_advisory_xact_lock(${CHANGE_LOCK});
           INSERT INTO audit (at, actor, action, subject, detail) VALUES ((extract(epoch FROM clock_timestamp()) * 1000)::bigint,
             'sql:' || session_user, 'sql.' || lower(TG_OP), '*', TG_TABLE_NAME);
         END IF;
         RETURN NULL;
       END $$`,
      ...noteChanges('domains', 'UPDATE'),
      // How much mailboxes hold is written all the time.
      ...noteChanges('mailboxes', 'UPDATE OF address, domain, local, quota_bytes, store, antispam, enabled'),
      ...noteChanges('aliases', 'UPDATE'),
      ...noteChanges('accepted_letters', 'UPDATE'),
    ],
  },
];

/** The number of the last one. */
export const NEWEST = MIGRATIONS.length;

/** Words of SQLite's DDL, and PostgreSQL's for the same. Text is compared octet by octet there too. */
const POSTGRES_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bINTEGER PRIMARY KEY\b/gu, 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY'],
  [/\bINTEGER\b/gu, 'BIGINT'],
  [/\bTEXT\b/gu, 'TEXT COLLATE "C"'],
  [/\)\s*STRICT(?:, WITHOUT ROWID)?/gu, ')'],
];

/** The same step as statements of PostgreSQL. */
export function forPostgres({ sql, postgres = [] }: Migration): readonly string[] {
  const text = POSTGRES_WORDS.reduce((before, [word, other]) => before.replaceAll(word, other), sql);
  return [...text.split(';').filter((statement) => statement.trim() !== ''), ...postgres];
}
