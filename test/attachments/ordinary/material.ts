import { zip } from '@vratny/support/corpus/archives/zip';
import { BASE64, base64, multipartOf } from '@vratny/support/corpus/case';
import type { OrdinaryMessage } from './message.ts';

/** A document, as octets that no header may have. */
export const PDF = Buffer.from(
  `%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\0\r\n1 0 obj << /Type /Catalog >> endobj\n${'0 '.repeat(300)}\n%%EOF\n`,
  'latin1',
);
/** An archive of a table. */
export const ZIP = zip({ name: 'records.csv', data: Buffer.from('a;b;c\n'.repeat(50)) });
/** The part for people. */
export const TEXT = ['Content-Type: text/plain; charset=utf-8', '', 'Hello'];
/** The document attached. */
export const DOCUMENT = [
  'Content-Type: application/pdf; name="report.pdf"',
  BASE64,
  'Content-Disposition: attachment; filename="report.pdf"',
  '',
  base64(PDF),
];
/** Why a message came back. */
export const STATUS = [
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.sender.test',
  '',
  'Final-Recipient: rfc822; x@y.test',
  'Action: failed',
  'Status: 5.7.1',
];

/** A message and what it is. */
export const ordinary = (what: string, message: Buffer): OrdinaryMessage => ({ what, message });

/** A report with these parts behind the one for people. */
export const report = (type: string, ...parts: readonly (readonly (string | Buffer)[])[]) =>
  multipartOf(
    `Content-Type: multipart/report; report-type=${type}; boundary="rr"`,
    '--rr',
    ...TEXT,
    ...parts.flatMap((part) => ['--rr', ...part]),
    '--rr--',
  );
