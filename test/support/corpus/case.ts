/** One message of the corpus. */
export interface CorpusCase {
  /** One line: which trick or which program it imitates. Unique, also its test's name. */
  readonly imitates: string;
  /** As it is sent, without dot-stuffing. */
  readonly message: Buffer;
}

/** Lines of Latin-1 text, or octets, each ended with CRLF. */
export function lines(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [typeof part === 'string' ? Buffer.from(part, 'latin1') : part, Buffer.from('\r\n')]));
}

/** Base64 in lines of 76 characters. */
export function base64(bytes: Buffer | string): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{76})(?=.)/gu, '$1\r\n');
}

/** What the forbidden files of the corpus contain: the start of a Windows program, long enough to be found again. */
export const PROGRAM = Buffer.from(`MZ\u0090 This program cannot be run in DOS mode. ${'vratny corpus '.repeat(8)}`, 'latin1');

const TOP = ['From: a@sender.test', 'To: c@c.example.test', 'Subject: corpus', 'MIME-Version: 1.0'];

/** A message with these header lines after the usual ones; `body` is its body. */
export function single(header: readonly string[], body: readonly (string | Buffer)[] = []): Buffer {
  return lines(...TOP, ...header, '', ...body);
}

/** A multipart/mixed of parts, each given as its lines. */
export function multipart(...parts: readonly (readonly (string | Buffer)[])[]): Buffer {
  return multipartOf('Content-Type: multipart/mixed; boundary="bb"', ...parts.flatMap((part) => ['--bb', ...part]), '--bb--');
}

/** A message with this Content-Type field and a body given as its lines. */
export function multipartOf(field: string, ...body: readonly (string | Buffer)[]): Buffer {
  return single([field], body);
}

/** The text part that stands in front of the attachment. */
export const TEXT: readonly string[] = ['Content-Type: text/plain', '', 'Please see the attached file.'];

/** A multipart/mixed with a text and a part with these header lines; `body` is its body. */
export function attached(header: readonly string[], body: readonly (string | Buffer)[] = [base64(PROGRAM)]): Buffer {
  return multipart(TEXT, [...header, '', ...body]);
}

/** The usual attachment of a file. */
export function attachedFile(name: string, content: Buffer, type = 'application/octet-stream'): Buffer {
  return attached(
    [`Content-Type: ${type}; name="${name}"`, BASE64, `Content-Disposition: attachment; filename="${name}"`],
    [base64(content)],
  );
}

/** The field that most attachments have. */
export const BASE64 = 'Content-Transfer-Encoding: base64';

/** The lines of an honest part with a forbidden file. */
export const RUN_EXE: readonly string[] = [
  'Content-Type: application/octet-stream; name="run.exe"',
  BASE64,
  'Content-Disposition: attachment; filename="run.exe"',
  '',
  base64(PROGRAM),
];
