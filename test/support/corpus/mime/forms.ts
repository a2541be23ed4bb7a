import { zip } from '../archives/zip.ts';
import { attached, attachedFile, BASE64, base64, type CorpusCase, lines, multipartOf, PROGRAM, RUN_EXE, single, TEXT } from '../case.ts';
import { binhex, signedData, uuencode } from './writers.ts';

const form = (imitates: string, message: Buffer): CorpusCase => ({ imitates: `forms: ${imitates}`, message });

const ZIP = zip({ name: 'a.txt', data: PROGRAM }, { name: 'run.exe', data: PROGRAM }, { name: 'b.txt', data: PROGRAM });
const STATUS = ['Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.sender.test'];
const HEADER = ['Subject: tool', 'Content-Type: application/octet-stream; name="run.exe"', BASE64];
const uu = uuencode(PROGRAM, 'run.exe').split('\n');
const [begin = '', ...data] = uu.map((line) => line.replace('\r', ''));

const report = (...part: readonly (string | Buffer)[]) =>
  multipartOf(
    'Content-Type: multipart/report; report-type=delivery-status; boundary="rr"',
    '--rr',
    ...TEXT,
    '--rr',
    ...STATUS,
    '--rr',
    ...part,
    '--rr--',
  );

/** An original that ends behind the name of its second file. */
function cutZip(): readonly (string | Buffer)[] {
  const shown = ZIP.subarray(0, ZIP.indexOf('run.exe') + 20);
  return [
    'Content-Type: message/rfc822',
    '',
    'Subject: files',
    'Content-Type: application/zip; name="docs.zip"',
    BASE64,
    '',
    base64(shown),
  ];
}

/** Bounded by an inner multipart that is not closed. */
const behindInner = (...part: readonly (string | Buffer)[]) =>
  multipartOf(
    'Content-Type: multipart/mixed; boundary="xx"',
    '--xx',
    'Content-Type: multipart/alternative; boundary="yy"',
    '',
    '--yy',
    ...TEXT,
    '--xx',
    ...part,
    '--xx--',
  );

/** Forms that ordinary mail has too, with a forbidden file in one of their views. */
export const FORM_CASES: readonly CorpusCase[] = [
  ...['text/rfc822-headers', 'message/rfc822-headers', 'message/global-headers'].flatMap((type) => [
    form(`${type} with a body`, report(`Content-Type: ${type}`, '', ...HEADER, '', base64(PROGRAM))),
    form(`${type} with a body in Base64`, report(`Content-Type: ${type}`, BASE64, '', base64(lines(...HEADER, '', base64(PROGRAM))))),
    form(`${type} that is called run.exe`, report(`Content-Type: ${type}; name="run.exe"`, '', ...HEADER)),
    form(
      `${type} with a multipart`,
      report(`Content-Type: ${type}`, '', 'Content-Type: multipart/mixed; boundary="oo"', '', '--oo', ...RUN_EXE, '--oo--'),
    ),
    form(`${type} with a message in it`, report(`Content-Type: ${type}`, '', 'Content-Type: message/rfc822', '', ...RUN_EXE)),
  ]),
  form('uuencode with a blank line before the data', single([], [begin, '', ...data])),
  form('uuencode with a line of text before the data', single([], [begin, 'the file follows', ...data])),
  form('uuencode whose lines lost their spaces', single([], ['begin 644 run.exe', 'M35J0', '', 'end'])),
  form('uuencode of nothing', single([], ['begin 644 run.exe', '`', 'end'])),
  form('uuencode without a mode', single([], ['begin  run.exe', ...data])),
  form('uuencode in Base64', single([], ['begin-base64 644 run.exe', base64(PROGRAM), '===='])),
  form('uuencode of one word in Base64', single([], ['begin-base64 644 run.exe', 'TVqQ', '===='])),
  form('xxencode', single([], ['begin 644 run.exe', `h${'A'.repeat(60)}`, '+', 'end'])),
  form('BinHex', single([], [binhex(PROGRAM, 'run.exe')])),
  form('the file behind an inner multipart that is not closed', behindInner(...RUN_EXE, '--yy--')),
  form(
    'a zip behind an inner multipart that is not closed',
    behindInner('Content-Type: application/zip; name="a.zip"', BASE64, '', base64(ZIP), '--yy--'),
  ),
  form(
    'a part behind the delimiter of a multipart that is over',
    behindInner('Content-Type: application/pdf; name="a.pdf"', '', '%PDF', '--yy', ...RUN_EXE, '--yy--'),
  ),
  form('a signed program', attachedFile('run.exe.p7m', signedData(PROGRAM))),
  form('a signed program as PKCS #7', attachedFile('run.exe.p7m', signedData(PROGRAM), 'application/pkcs7-mime')),
  form(
    'a signed program in PEM',
    attachedFile('run.exe.p7m', Buffer.from(`-----BEGIN PKCS7-----\n${base64(signedData(PROGRAM))}\n-----END PKCS7-----\n`)),
  ),
  form('a signed zip', attachedFile('docs.zip.p7m', signedData(ZIP), 'application/pkcs7-mime')),
  form('a signed zip in a zip', attachedFile('a.zip', zip({ name: 'docs.zip.p7m', data: signedData(ZIP) }))),
  form('a signed message', attachedFile('smime.p7m', signedData(lines(...RUN_EXE)), 'application/pkcs7-mime')),
  form('a returned zip that is cut off behind the name', report(...cutZip())),
  form(
    'junk called docs.rar in a returned original',
    report(
      'Content-Type: message/rfc822',
      '',
      'Content-Type: application/octet-stream; name="docs.rar"',
      BASE64,
      '',
      base64(Buffer.alloc(3000, 'junk ')),
    ),
  ),
  form('a description of one word', attached(['Content-Type: application/octet-stream', BASE64, 'Content-Description: run.exe'])),
  form(
    'an attached image with such a description',
    attached(['Content-Type: image/png', BASE64, 'Content-Disposition: attachment', 'Content-Description: run.exe']),
  ),
  form('a location', attached(['Content-Type: application/octet-stream', BASE64, 'Content-Location: http://shop.test/a/run.exe?x=1'])),
  form(
    'a multipart whose boundary never appears, with its lines',
    multipartOf('Content-Type: multipart/mixed; boundary="never"', '--bb', ...RUN_EXE, '--bb--'),
  ),
  form(
    'two boundaries, both used',
    multipartOf('Content-Type: multipart/mixed; boundary="aa"; boundary="bb"', '--aa', ...TEXT, '--bb', ...RUN_EXE, '--bb--'),
  ),
  form(
    'two names',
    attached(['Content-Type: application/pdf; name="a.pdf"', BASE64, 'Content-Disposition: attachment; filename="run.exe"']),
  ),
  form(
    'inline and attached',
    attached([
      'Content-Type: image/png; name="a.png"',
      BASE64,
      'Content-Disposition: inline; filename="a.png"',
      'Content-Disposition: attachment; filename="run.exe"',
    ]),
  ),
];
