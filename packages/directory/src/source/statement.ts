/** A value that a statement is given. */
export type SqlValue = string | number;

/** A statement of the site file, read: its text between the parameters, and their names. */
export interface Statement {
  /** One more than there are parameters. */
  readonly texts: readonly string[];
  readonly parameters: readonly string[];
}

/** How a database writes the place of a value: `?`, or `$1` and so on. */
export type PlaceStyle = 'question-mark' | 'dollar';

/** Statement and values as a driver takes them. */
export interface Rendered {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Quoted texts and names, comments, casts, parameters, and what ends or numbers: everything in which a colon may stand. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|::\s*\w+|:([A-Za-z_]\w*)|([;?])|(\$\d+)/gu;

/**
 * Reads one SELECT with parameters such as `:address`. Values are bound, never written into the text.
 * @returns the statement, or in words what is wrong with it
 */
export function parseStatement(text: string, known: readonly string[]): Statement | string {
  const sql = text.trim().replace(/;\s*$/u, '');
  if (!/^(?:select|with)\b/iu.test(sql)) return 'must be one SELECT statement';
  const texts: string[] = [];
  const parameters: string[] = [];
  let from = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const [token, name, sign, number] = match;
    if (sign === ';') return 'must be one statement';
    if (sign !== undefined || number !== undefined) return `holds ${token} outside quotes: values are written ${sayNames(known)}`;
    if (name === undefined) continue;
    if (!known.includes(name)) return `holds :${name}; what it may hold is ${sayNames(known)}`;
    texts.push(sql.slice(from, match.index));
    parameters.push(name);
    from = match.index + token.length;
  }
  if (parameters.length === 0 && known.length > 0) return `holds none of ${sayNames(known)}: it would read a whole table each time`;
  return { texts: [...texts, sql.slice(from)], parameters };
}

function sayNames(names: readonly string[]): string {
  return names.length === 0 ? 'nothing of the kind' : names.map((name) => `:${name}`).join(', ');
}

/** The statement for each of several sets of values, as one question. */
export function renderStatement(statement: Statement, sets: readonly Readonly<Record<string, SqlValue>>[], style: PlaceStyle): Rendered {
  const values: SqlValue[] = [];
  const place = (value: SqlValue): string => {
    values.push(value);
    return style === 'dollar' ? `$${values.length}` : '?';
  };
  const write = (set: Readonly<Record<string, SqlValue>>): string =>
    statement.texts
      .map((text, at) => text + (at < statement.parameters.length ? place(set[statement.parameters[at] ?? ''] ?? '') : ''))
      .join('');
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return { sql: write(only), values };
  return { sql: sets.map((set, at) => `SELECT * FROM (${write(set)}\n) AS q${at}`).join('\nUNION ALL '), values };
}
