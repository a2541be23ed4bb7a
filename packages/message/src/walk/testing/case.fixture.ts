import { collectNames, type NameCollection } from '../../collect-names.ts';
import { contentOf } from '../../spool.ts';
import { forbiddenExtension } from '../names/forbidden-extension.ts';

/** What is to come of a message: a forbidden name is seen, it is ambiguous and carries an attachment, or neither. */
export type Outcome = 'seen' | 'ambiguous' | 'clean';

/** What it imitates, the message (lines joined with CRLF), and what is to come of it. */
export type Row = readonly [what: string, message: Buffer, outcome: Outcome];

/** Lines of Latin-1 text, or octets. */
export function lines(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [typeof part === 'string' ? Buffer.from(part, 'latin1') : part, Buffer.from('\r\n')]));
}

/** A multipart/mixed with a text and a part with these header lines; `body` is its body. */
export function attached(header: readonly string[], body: readonly (string | Buffer)[] = ['x']): Buffer {
  return multi(['Content-Type: text/plain', '', 'hello'], [...header, '', ...body]);
}

/** A multipart/mixed of parts, each given as its lines. */
export function multi(...parts: readonly (readonly (string | Buffer)[])[]): Buffer {
  return lines(
    'Subject: test',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="bb"',
    '',
    ...parts.flatMap((part) => ['--bb', ...part]),
    '--bb--',
  );
}

export function base64(bytes: Buffer | string): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{76})(?=.)/gu, '$1\r\n');
}

export async function collect(message: Buffer): Promise<NameCollection> {
  return collectNames(contentOf(message));
}

/** What policy would make of it. */
export function outcomeOf(collection: Pick<NameCollection, 'names' | 'ambiguous' | 'carriesAttachment'>): Outcome {
  if (collection.names.some(({ name }) => forbiddenExtension(name) !== undefined)) return 'seen';
  return collection.ambiguous && collection.carriesAttachment ? 'ambiguous' : 'clean';
}
