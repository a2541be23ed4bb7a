import { gzipSync } from 'node:zlib';
import { attachedFile, BASE64, base64, lines, multipartOf, single } from '@vratny/support/corpus/case';
import { tnef, uuencode } from '@vratny/support/corpus/mime/writers';
import type { OrdinaryMessage } from './message.ts';

const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
const ORIGINAL = lines(
  'From: alice@c.example.test',
  'Subject: original',
  'Content-Type: multipart/mixed; boundary="oo"',
  '',
  '--oo',
  'Content-Type: text/plain',
  '',
  'Hello',
  '--oo--',
);
const STATUS = ['Reporting-MTA: dns; mail.sender.test', '', 'Final-Recipient: rfc822; x@y.test', 'Action: failed', 'Status: 5.1.1'];

const report = (type: string, ...rows: readonly (string | Buffer)[]) =>
  multipartOf(
    `Content-Type: multipart/report; report-type=${type}; boundary="bb"`,
    '--bb',
    'Content-Type: text/plain',
    '',
    'Could not be delivered.',
    ...rows,
    '--bb--',
  );

/** What programs send that cannot be installed here, written as they write it. */
export function writtenMail(): readonly OrdinaryMessage[] {
  return [
    {
      what: 'a bounce with the message',
      message: report(
        'delivery-status',
        '--bb',
        'Content-Type: message/delivery-status',
        '',
        ...STATUS,
        '',
        '--bb',
        'Content-Type: message/rfc822',
        '',
        ORIGINAL,
      ),
    },
    {
      what: 'a bounce with the header only',
      message: report(
        'delivery-status',
        '--bb',
        'Content-Type: message/delivery-status',
        '',
        ...STATUS,
        '',
        '--bb',
        'Content-Type: text/rfc822-headers',
        '',
        'Subject: x',
        'Content-Type: multipart/mixed; boundary="oo"',
      ),
    },
    {
      what: 'a bounce that cuts the message off',
      message: report(
        'delivery-status',
        '--bb',
        'Content-Type: message/delivery-status',
        '',
        ...STATUS,
        '',
        '--bb',
        'Content-Type: message/rfc822',
        '',
        ORIGINAL.subarray(0, 120),
      ),
    },
    {
      what: 'a receipt',
      message: report(
        'disposition-notification',
        '--bb',
        'Content-Type: message/disposition-notification',
        '',
        'Final-Recipient: rfc822; x@y.test',
        'Disposition: manual-action/MDN-sent-manually; displayed',
      ),
    },
    {
      what: 'an abuse report',
      message: report(
        'feedback-report',
        '--bb',
        'Content-Type: message/feedback-report',
        '',
        'Feedback-Type: abuse',
        'User-Agent: x/1',
        'Version: 1',
        '',
        '--bb',
        'Content-Type: message/rfc822',
        '',
        ORIGINAL,
      ),
    },
    {
      what: 'Outlook: winmail.dat with a document',
      message: attachedFile('winmail.dat', tnef([{ name: 'report.pdf', data: PDF }]), 'application/ms-tnef'),
    },
    {
      what: 'Outlook: winmail.dat with a long name',
      message: attachedFile(
        'winmail.dat',
        tnef([{ name: 'REPORT~1.PDF', data: PDF, long: 'report of the year.pdf' }]),
        'application/ms-tnef',
      ),
    },
    { what: 'Outlook: winmail.dat with nothing', message: attachedFile('winmail.dat', tnef([]), 'application/ms-tnef') },
    { what: 'uuencode of a document', message: single([], ['Hello', uuencode(PDF, 'report.pdf')]) },
    { what: 'a text that begins a line with begin', message: single([], ['begin 100 pushups a day', 'end']) },
    { what: 'a mail without MIME', message: lines('Subject: x', '', 'Hello') },
    { what: 'a mail without a body', message: lines('Subject: x', '') },
    {
      what: 'a mail that speaks of forbidden files',
      message: single(
        ['Content-Type: text/plain'],
        ['Content-Disposition: attachment; filename="run.exe"', 'is what the virus had, in run.exe'],
      ),
    },
    {
      what: 'cron',
      message: single(['Content-Type: text/plain; charset=ANSI_X3.4-1968', 'Auto-Submitted: auto-generated'], ['rsync: done']),
    },
    { what: 'a fax as TIFF', message: attachedFile('fax.tif', Buffer.concat([Buffer.from('II*\0'), Buffer.alloc(300, 7)]), 'image/tiff') },
    {
      what: 'a DMARC report',
      message: single(
        [
          'Content-Type: application/gzip; name="a.test!b.test!1!2.xml.gz"',
          BASE64,
          'Content-Disposition: attachment; filename="a.test!b.test!1!2.xml.gz"',
        ],
        [base64(gzipSync('<feedback></feedback>'))],
      ),
    },
    { what: 'an empty text file', message: attachedFile('empty.txt', Buffer.alloc(0), 'text/plain') },
    {
      what: 'yahoo: nested alternatives',
      message: multipartOf(
        'Content-Type: multipart/mixed; boundary="bb"',
        '--bb',
        'Content-Type: multipart/alternative; boundary="cc"',
        '',
        '--cc',
        'Content-Type: text/plain',
        '',
        'x',
        '--cc',
        'Content-Type: text/html',
        '',
        '<p>x</p>',
        '--cc--',
        '',
        '--bb--',
        '',
      ),
    },
    {
      what: 'a mailing list footer behind the closing boundary',
      message: multipartOf(
        'Content-Type: multipart/alternative; boundary="bb"',
        '--bb',
        'Content-Type: text/plain',
        '',
        'x',
        '--bb--',
        '',
        '_______________',
        'list@lists.example',
      ),
    },
  ];
}
