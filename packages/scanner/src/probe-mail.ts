import type { Content } from '@vratny/message';

/** What a scan reads of a message. */
export type Probe = Pick<Content, 'sizeBytes' | 'read'>;

const HEAD = [
  'From: <check@vratny.invalid>',
  'To: <check@vratny.invalid>',
  'Subject: check of the virus scanner',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="=_vratny"',
  '',
  '--=_vratny',
  'Content-Type: text/plain',
  '',
  '',
].join('\r\n');
const PART = [
  '',
  '--=_vratny',
  'Content-Type: application/octet-stream; name="check.bin"',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename="check.bin"',
  '',
  '',
].join('\r\n');
const END = '\r\n--=_vratny--\r\n';
/** One line of filler, CRLF included; 720 of them to a chunk. */
const LINE = `${'x'.repeat(62)}\r\n`;
const FILLER = Buffer.from(LINE.repeat(1024), 'latin1');

/**
 * A message of `sizeBytes` octets, or as few as it needs, with `attachment` at its far end. It is made while it is
 * read.
 */
export function probeMail(sizeBytes: number, attachment: Buffer): Probe {
  const base64 = attachment.toString('base64').replaceAll(/.{76}/gu, '$&\r\n');
  const head = Buffer.from(HEAD, 'latin1');
  const tail = Buffer.from(`${PART}${base64}${END}`, 'latin1');
  const fillerBytes = Math.max(0, sizeBytes - head.length - tail.length);
  async function* read(): AsyncGenerator<Buffer> {
    yield head;
    for (let left = fillerBytes; left > 0; left -= FILLER.length) yield left < FILLER.length ? FILLER.subarray(0, left) : FILLER;
    yield tail;
  }
  return { sizeBytes: head.length + fillerBytes + tail.length, read };
}
