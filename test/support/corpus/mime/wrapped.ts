import {
  attached,
  attachedFile,
  BASE64,
  base64,
  type CorpusCase,
  lines,
  multipart,
  multipartOf,
  PROGRAM,
  RUN_EXE,
  single,
  TEXT,
} from '../case.ts';
import { apple, binhex, signedData, tnef, uuencode, yencode } from './writers.ts';

const wrapped = (imitates: string, message: Buffer): CorpusCase => ({ imitates: `wrapped: ${imitates}`, message });
const EML = lines('From: a@sender.test', 'Subject: inner', 'MIME-Version: 1.0', ...RUN_EXE);
const SIGNED = lines(...RUN_EXE);
const OCTETS = 'Content-Type: application/octet-stream';

/** A part of this type that holds a whole message with the file. */
function embedded(type: string, encoding?: string, body: string | Buffer = EML, ...more: readonly string[]): Buffer {
  return attached(
    [`Content-Type: ${type}`, ...(encoding === undefined ? [] : [`Content-Transfer-Encoding: ${encoding}`]), ...more],
    [body],
  );
}

function deep(levels: number): Buffer {
  let message: Buffer = EML;
  for (let level = 0; level < levels; level += 1)
    message = lines('Subject: forwarded', 'MIME-Version: 1.0', 'Content-Type: message/rfc822', '', message);
  return message;
}

const quoted = (bytes: Buffer) =>
  [...bytes]
    .map((octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
    .replace(/.{72}/gu, '$&=\r\n');

/** Messages in messages. */
const MESSAGES: readonly CorpusCase[] = [
  wrapped('message/rfc822', embedded('message/rfc822')),
  wrapped('message/rfc822 in base64', embedded('message/rfc822', 'base64', base64(EML))),
  wrapped('message/rfc822 in quoted-printable', embedded('message/rfc822', 'quoted-printable', quoted(EML))),
  wrapped('message/global', embedded('message/global')),
  wrapped('message/news', embedded('message/news')),
  wrapped('an unknown message type', embedded('message/x-forwarded')),
  wrapped('message/rfc822 in upper case', embedded('MESSAGE/RFC822')),
  wrapped('an .eml as octets, by its name', attachedFile('forwarded.eml', EML)),
  wrapped('an .eml as text, by its name', attached(['Content-Type: text/plain; name="forwarded.eml"'], [EML])),
  wrapped(
    'an .eml as octets in quoted-printable',
    embedded('application/octet-stream; name="forwarded.eml"', 'quoted-printable', quoted(EML)),
  ),
  wrapped('an .mht page', attachedFile('page.mht', EML, 'application/x-mimearchive')),
  wrapped('a message in a message, five deep', embedded('message/rfc822', undefined, deep(5))),
  wrapped('the whole mail is a message', single(['Content-Type: message/rfc822'], [EML])),
  wrapped('a digest whose parts have no type', multipartOf('Content-Type: multipart/digest; boundary="bb"', '--bb', '', EML, '--bb--')),
  wrapped(
    'a digest inside a digest',
    multipartOf(
      'Content-Type: multipart/digest; boundary="bb"',
      '--bb',
      'Content-Type: multipart/digest; boundary="cc"',
      '',
      '--cc',
      '',
      EML,
      '--cc--',
      '--bb--',
    ),
  ),
  wrapped('a piece of a message', embedded('message/partial; id="x@y"; number=1; total=2')),
  wrapped(
    'the last piece of a message, whose name nobody sees',
    embedded('message/partial; id="x@y"; number=2; total=2', undefined, base64(PROGRAM)),
  ),
  wrapped('an external body that names the file', embedded('message/external-body; access-type=url; name="run.exe"')),
  wrapped(
    'a bounce with the message',
    multipartOf(
      'Content-Type: multipart/report; report-type=delivery-status; boundary="bb"',
      '--bb',
      ...TEXT,
      '--bb',
      'Content-Type: message/rfc822',
      '',
      EML,
      '--bb--',
    ),
  ),
];

const encoded = (imitates: string, encoding: string, body: string | Buffer, type = `${OCTETS}; name="run.exe"`) =>
  wrapped(`transfer encoding: ${imitates}`, attached([type, `Content-Transfer-Encoding: ${encoding}`], [body]));

/** Transfer encodings that programs take differently around a named file. */
const ENCODINGS: readonly CorpusCase[] = [
  encoded('quoted-printable', 'quoted-printable', quoted(PROGRAM)),
  encoded('8bit', '8bit', 'MZ program'),
  encoded('binary', 'binary', 'MZ program'),
  encoded('x-uuencode', 'x-uuencode', uuencode(PROGRAM, 'run.exe'), OCTETS),
  encoded('uuencode', 'uuencode', uuencode(PROGRAM, 'run.exe'), OCTETS),
  encoded('x-binhex40', 'x-binhex40', binhex(PROGRAM, 'run.exe'), OCTETS),
  encoded('an unknown one', 'x-unknown', base64(PROGRAM)),
  encoded('upper case with a comment', 'BASE64 (really)', base64(PROGRAM)),
  encoded('two words', 'base64 7bit', base64(PROGRAM)),
  wrapped(
    'transfer encoding: two fields',
    attached([OCTETS, 'Content-Transfer-Encoding: 7bit', BASE64, 'Content-Disposition: attachment; filename="run.exe"']),
  ),
];

/** Formats that carry files beside MIME. */
const FORMATS: readonly CorpusCase[] = [
  wrapped('uuencode in plain text', single(['Content-Type: text/plain'], ['Hello.', '', uuencode(PROGRAM, 'run.exe'), '', 'Bye.'])),
  wrapped('uuencode without MIME', lines('Subject: old', '', uuencode(PROGRAM, 'run.exe'))),
  wrapped('uuencode with four digits of mode', single([], [uuencode(PROGRAM, 'run.exe', 'begin 0644')])),
  wrapped('uuencode with a name with spaces', single([], [uuencode(PROGRAM, 'my run.exe')])),
  wrapped('uuencode in an HTML part', single(['Content-Type: text/html'], [uuencode(PROGRAM, 'run.exe')])),
  wrapped('uuencode in a text part in base64', attached(['Content-Type: text/plain', BASE64], [base64(uuencode(PROGRAM, 'run.exe'))])),
  wrapped('uuencode without its end', single([], [uuencode(PROGRAM, 'run.exe').slice(0, -8)])),
  wrapped(
    'uuencode in the preamble',
    multipartOf('Content-Type: multipart/mixed; boundary="bb"', uuencode(PROGRAM, 'run.exe'), '--bb', ...TEXT, '--bb--'),
  ),
  wrapped('uuencode, the second file', single([], [uuencode(Buffer.from('harmless'), 'a.txt'), '', uuencode(PROGRAM, 'run.exe')])),
  wrapped('begin-base64', single([], ['begin-base64 644 run.exe', base64(PROGRAM), '===='])),
  wrapped('yEnc in plain text', single(['Content-Transfer-Encoding: 8bit'], [yencode(PROGRAM, 'run.exe')])),
  wrapped('yEnc in a part', attached(['Content-Type: text/plain', 'Content-Transfer-Encoding: 8bit'], [yencode(PROGRAM, 'run.exe')])),
  wrapped('BinHex in a part of its type', attached(['Content-Type: application/mac-binhex40'], [binhex(PROGRAM, 'run.exe')])),
  wrapped(
    'BinHex with a harmless outer name',
    attached(['Content-Type: application/mac-binhex40; name="a.hqx"'], [binhex(PROGRAM, 'run.exe')]),
  ),
  wrapped('BinHex in plain text', single([], [binhex(PROGRAM, 'run.exe')])),
  wrapped('TNEF', attachedFile('winmail.dat', tnef([{ name: 'run.exe', data: PROGRAM }]), 'application/ms-tnef')),
  wrapped('TNEF with another type and name', attachedFile('a.bin', tnef([{ name: 'run.exe', data: PROGRAM }]))),
  wrapped(
    'TNEF, the second file',
    attachedFile(
      'winmail.dat',
      tnef([
        { name: 'a.txt', data: PROGRAM },
        { name: 'run.exe', data: PROGRAM },
      ]),
      'application/ms-tnef',
    ),
  ),
  wrapped(
    'TNEF with a long name',
    attachedFile('winmail.dat', tnef([{ name: 'A.TXT', data: PROGRAM, long: 'run.exe' }]), 'application/ms-tnef'),
  ),
  wrapped(
    'TNEF that is cut off',
    attachedFile('winmail.dat', tnef([{ name: 'a.txt', data: PROGRAM }]).subarray(0, 60), 'application/ms-tnef'),
  ),
  wrapped(
    'AppleDouble',
    multipart([
      'Content-Type: multipart/appledouble; boundary="ad"',
      '',
      '--ad',
      'Content-Type: application/applefile',
      BASE64,
      '',
      base64(apple('run.exe')),
      '--ad',
      OCTETS,
      BASE64,
      '',
      base64(PROGRAM),
      '--ad--',
    ]),
  ),
  wrapped('AppleSingle', attached(['Content-Type: application/applefile', BASE64], [base64(apple('run.exe', PROGRAM))])),
  wrapped('AppleSingle by its content', attachedFile('a.bin', apple('run.exe', PROGRAM))),
  wrapped('S/MIME, signed and opaque', attachedFile('smime.p7m', signedData(SIGNED), 'application/pkcs7-mime')),
  wrapped(
    'S/MIME as the whole mail',
    single(['Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"', BASE64], [base64(signedData(SIGNED))]),
  ),
  wrapped(
    'S/MIME in S/MIME',
    attachedFile(
      'smime.p7m',
      signedData(lines('Content-Type: application/pkcs7-mime; smime-type=signed-data', BASE64, '', base64(signedData(SIGNED)))),
      'application/pkcs7-mime',
    ),
  ),
  wrapped('S/MIME with a type of old', attachedFile('smime.p7m', signedData(SIGNED), 'application/x-pkcs7-mime')),
  wrapped(
    'uuencode in TNEF text in a message in base64',
    embedded('message/rfc822', 'base64', base64(lines('Subject: x', '', uuencode(PROGRAM, 'run.exe')))),
  ),
];

/** Files inside something else. */
export const WRAPPED: readonly CorpusCase[] = [...MESSAGES, ...ENCODINGS, ...FORMATS];
