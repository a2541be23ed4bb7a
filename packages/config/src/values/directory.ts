import { z } from 'zod';
import { STATEMENT_MAX } from '../limits.ts';
import { type ForeignDatabase, parseDatabase, type ServedDatabase } from './database.ts';
import { type Secret, secret } from './file.ts';
import { mustBe, type Reading, read, wrong } from './reading.ts';
import { oneOf, textual } from './scalar.ts';
import { parseSqlStore } from './store.ts';

/** A directory of ours: one file, or tables that many nodes share. */
export type OurDirectory =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'postgres';
      readonly database: ServedDatabase;
      readonly password?: Secret;
      /** A local copy of the database, kept by each host. */
      readonly copy?: string;
    };

/** Programs whose databases are known. */
export const DIRECTORY_PRESETS = ['postfixadmin', 'mailcow', 'ispconfig', 'modoboa', 'froxlor'] as const;

/** A directory in a database of somebody else's, which is only read. */
export interface AdoptedStore {
  readonly kind: 'adopted';
  readonly database: ForeignDatabase;
  readonly password?: Secret;
  readonly preset?: (typeof DIRECTORY_PRESETS)[number];
  /** Statements of the site's own; they win over those of the preset. */
  readonly domain?: string;
  readonly address?: string;
  /** A statement whose answer differs after every change; only with a copy. */
  readonly version?: string;
  /** A directory of ours with what the database lacks. */
  readonly overlay?: Overlay;
  /** A local copy of the database, kept by each host. */
  readonly copy?: string;
}

/** A directory of ours beside a database of somebody else's. */
export type Overlay =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly database: ServedDatabase; readonly password?: Secret };

const EXPECTED = 'sqlite:PATH, postgres://USER@HOST/DATABASE, or { url: ..., preset: ... }';

/** Where domains, mailboxes and aliases are: a directory of ours, or a database of somebody else's. */
export function directoryStore(baseDirectory: string): z.ZodType<OurDirectory | AdoptedStore> {
  const statement = () =>
    textual('a SELECT statement', (text) =>
      text.length > STATEMENT_MAX ? wrong(`is longer than ${STATEMENT_MAX} characters`) : read(text),
    );
  const file = () =>
    textual('sqlite:PATH', (text) => {
      const reading = parseSqlStore(text, { baseDirectory });
      return reading.ok && reading.value.kind === 'sqlite' ? read(reading.value.path) : mustBe('sqlite:PATH', text);
    });
  const written = z.strictObject(
    {
      url: textual(EXPECTED, read),
      password: z.exactOptional(secret(baseDirectory)),
      preset: z.exactOptional(oneOf(...DIRECTORY_PRESETS)),
      domain: z.exactOptional(statement()),
      address: z.exactOptional(statement()),
      version: z.exactOptional(statement()),
      overlay: z.exactOptional(overlay(baseDirectory)),
      copy: z.exactOptional(file()),
    },
    { error: ({ code }) => (code === 'invalid_type' ? `must be ${EXPECTED}` : undefined) },
  );
  return z
    .preprocess((value) => (typeof value === 'string' ? { url: value } : value), written)
    .transform((one, context) => {
      const reading = readStore(one, baseDirectory);
      if (reading.ok) return reading.value;
      context.addIssue({ code: 'custom', message: reading.message, input: one.url });
      return z.NEVER;
    });
}

interface Written {
  readonly url: string;
  readonly password?: Secret;
  readonly preset?: NonNullable<AdoptedStore['preset']>;
  readonly domain?: string;
  readonly address?: string;
  readonly version?: string;
  readonly overlay?: Overlay;
  readonly copy?: string;
}

const OVERLAY_EXPECTED = 'sqlite:PATH, or { url: "postgres://USER@HOST/DATABASE", password: ... }';

function overlay(baseDirectory: string): z.ZodType<Overlay> {
  const written = z.strictObject(
    { url: textual(OVERLAY_EXPECTED, read), password: z.exactOptional(secret(baseDirectory)) },
    { error: ({ code }) => (code === 'invalid_type' ? `must be ${OVERLAY_EXPECTED}` : undefined) },
  );
  return z
    .preprocess((value) => (typeof value === 'string' ? { url: value } : value), written)
    .transform((one, context) => {
      const reading = readOurs({ ...one, copy: undefined }, baseDirectory);
      if (reading.ok) return reading.value;
      context.addIssue({ code: 'custom', message: reading.message, input: one.url });
      return z.NEVER;
    });
}

function readStore({ url, password, ...asked }: Written, baseDirectory: string): Reading<OurDirectory | AdoptedStore> {
  const secretPart = password === undefined ? {} : { password };
  const adopted = asked.preset !== undefined || asked.domain !== undefined || asked.address !== undefined;
  if (!adopted && !/^(?:mysql|mariadb):/u.test(url)) {
    if (asked.overlay !== undefined) return wrong('has an overlay without a preset, or domain and address: a directory of ours needs none');
    if (asked.version !== undefined) return wrong('has a version without a preset, or domain and address: a directory of ours has its own');
    return readOurs({ url, copy: asked.copy, ...secretPart }, baseDirectory);
  }
  if (asked.preset === undefined && (asked.domain === undefined || asked.address === undefined))
    return wrong(`needs a preset (${DIRECTORY_PRESETS.join(', ')}), or the two statements domain and address`);
  if (asked.copy !== undefined && asked.preset === undefined) return wrong('has a copy without a preset: only presets can list a database');
  if (asked.version !== undefined && asked.copy === undefined)
    return wrong('has a version without a copy: it is the copy that is compared with it');
  const database = parseDatabase(url, baseDirectory);
  return database.ok ? read({ kind: 'adopted', database: database.value, ...secretPart, ...asked }) : database;
}

function readOurs(
  { url, password, copy }: Pick<Written, 'url' | 'password'> & { copy: string | undefined },
  baseDirectory: string,
): Reading<OurDirectory> {
  if (!/^postgres(?:ql)?:\/\//u.test(url)) {
    if (copy !== undefined) return wrong('has a copy beside a file: a directory of ours in SQLite needs none');
    const file = parseSqlStore(url, { baseDirectory, ...(password === undefined ? {} : { password }) });
    if (!file.ok) return file;
    return file.value.kind === 'sqlite' ? read(file.value) : wrong(`must be ${EXPECTED}`);
  }
  const database = parseDatabase(url, baseDirectory);
  if (!database.ok) return database;
  if (database.value.kind === 'sqlite') return wrong(`must be ${EXPECTED}`);
  const rest = { ...(password === undefined ? {} : { password }), ...(copy === undefined ? {} : { copy }) };
  return read({ kind: 'postgres', database: database.value, ...rest });
}
