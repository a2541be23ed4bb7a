import { attached, attachedFile, BASE64, base64, type CorpusCase, lines, multipartOf, PROGRAM, RUN_EXE, single, TEXT } from '../case.ts';
import { compressedData, uuencode } from './writers.ts';

const OCTETS = 'Content-Type: application/octet-stream';
const MIXED = 'Content-Type: multipart/mixed; boundary="bb"';
const EML = lines('From: a@sender.test', 'Subject: inner', 'MIME-Version: 1.0', ...RUN_EXE);

/** `shows`: a reader that shows run.exe, most of them tried with the version in Debian 12. */
const shown = (shows: string, imitates: string, message: Buffer): CorpusCase => ({ imitates: `${shows} shows: ${imitates}`, message });

/** A part whose Content-Disposition has these parameters. */
const named = (shows: string, imitates: string, parameters: string): CorpusCase =>
  shown(shows, imitates, attached([OCTETS, BASE64, `Content-Disposition: attachment; ${parameters}`]));

const body = (...rows: readonly (string | Buffer)[]) => multipartOf(MIXED, ...rows);

/** Character sets and white space that only some readers know. */
const NAMES: readonly CorpusCase[] = [
  named('Python', 'EBCDIC in RFC 2231', "filename*=cp037''%99%A4%95%4B%85%A7%85"),
  named('Python', 'EBCDIC in RFC 2047', 'filename="=?cp500?Q?=99=A4=95=4B=85=A7=85?="'),
  named('Python', 'UTF-32 in RFC 2231', "filename*=utf-32be''%00%00%00r%00%00%00u%00%00%00n%00%00%00.%00%00%00e%00%00%00x%00%00%00e"),
  named('Python', 'UTF-16 in RFC 2047', 'filename="=?utf-16le?B?cgB1AG4ALgBlAHgAZQA=?="'),
  named('Python', 'escapes of Python in RFC 2047', 'filename="=?unicode-escape?Q?run=5Cx2eexe?="'),
  named('iconv', 'an escape of ISO-2022-KR in RFC 2047', 'filename="=?iso-2022-kr?Q?run=2Ee=1B=28Bxe?="'),
  named('Python', 'HZ in RFC 2047', 'filename="=?hz?Q?run=2Ee=7E=7Dxe?="'),
  named('Python', 'UTF-7 under another name', 'filename="=?utf7?Q?run+AC4-exe?="'),
  named('Python', 'Punycode in RFC 2047', 'filename="=?punycode?Q?run.exe-?="'),
  named('Python', 'UTF-7 in RFC 2047', 'filename="=?utf-7?Q?run+AC4-exe?="'),
  named('mailparser', 'Base64 of two words that is one', 'filename="=?utf-8?B?cnVuLmV?= =?utf-8?B?4ZQ==?="'),
  named('postal-mime', 'a percent sign cut between sections', "filename*0*=utf-8''run%2; filename*1*=Eexe"),
  named('mailparser', 'a language in RFC 2047', 'filename="=?utf-8*en?Q?run.exe?="'),
  named('Python', 'a form feed before the parameter', '\ffilename=run.exe'),
  named('Python', 'a form feed before the equals sign', 'filename\f=run.exe'),
  named('Python', 'a vertical tab behind the equals sign', 'filename=\u000brun.exe'),
  named('uudeview', 'a no-break space before the parameter', '\u00a0filename=run.exe'),
  shown('Thunderbird', 'a type that stands for a program, and no name', attached(['Content-Type: application/x-msdownload', BASE64])),
  shown('mutt', 'a description and no name', attached([OCTETS, BASE64, 'Content-Description: run.exe'])),
  shown('7-Zip', 'one piece of a split file', attached([OCTETS, BASE64, 'Content-Disposition: attachment; filename="run.exe.001"'])),
];

/** Where a header or a part begins. */
const STRUCTURES: readonly CorpusCase[] = [
  shown('ripmime', 'a blank line before the fields of the part', body('--bb', ...TEXT, '--bb', '', ...RUN_EXE, '--bb--')),
  shown(
    'munpack',
    'a blank line before the fields of the message',
    Buffer.concat([Buffer.from('\r\n'), body('--bb', ...TEXT, '--bb', ...RUN_EXE, '--bb--')]),
  ),
  shown('uudeview', 'a boundary in another case', body('--BB', ...TEXT, '--BB', ...RUN_EXE, '--BB--')),
  shown('uudeview', 'a space before the boundary', body(' --bb', ...TEXT, ' --bb', ...RUN_EXE, ' --bb--')),
  shown(
    'munpack',
    'no semicolon before the boundary',
    multipartOf('Content-Type: multipart/mixed boundary="bb"', '--bb', ...TEXT, '--bb', ...RUN_EXE, '--bb--'),
  ),
  shown(
    'ripmime',
    'a comma before the boundary',
    multipartOf('Content-Type: multipart/mixed, boundary="bb"', '--bb', ...TEXT, '--bb', ...RUN_EXE, '--bb--'),
  ),
  shown(
    'ripmime',
    'a colon behind the word boundary',
    multipartOf('Content-Type: multipart/mixed; boundary: "bb"', '--bb', ...TEXT, '--bb', ...RUN_EXE, '--bb--'),
  ),
  shown(
    'Python',
    'a line of a mailbox before the fields',
    body('--bb', ...TEXT, '--bb', 'From a@sender.test Mon Jan  1 00:00:00 2026', ...RUN_EXE, '--bb--'),
  ),
  shown(
    'MIME-tools',
    'a quoted line of a mailbox before the fields',
    body('--bb', 'Content-Type: message/rfc822', '', '>From a@sender.test Mon Jan  1 00:00:00 2026', EML, '--bb--'),
  ),
  shown('ripmime', 'a blank line before the attached message', attached(['Content-Type: message/rfc822'], ['', EML])),
  shown('ripmime', 'text/rfc822-headers with a whole message', attached(['Content-Type: text/rfc822-headers'], [EML])),
  shown(
    'ripmime',
    'a digest with a transfer encoding and no type',
    multipartOf('Content-Type: multipart/digest; boundary="bb"', '--bb', BASE64, '', base64(EML), '--bb--'),
  ),
];

/** Files that readers find in a body. */
const BODIES: readonly CorpusCase[] = [
  shown('uudeview', 'uuencode with one digit of mode', single([], [uuencode(PROGRAM, 'run.exe', 'begin 6')])),
  shown('uudeview', 'uuencode with many digits of mode', single([], [uuencode(PROGRAM, 'run.exe', 'begin 0000100644')])),
  shown('uudeview', 'uuencode with quotes around the name', single([], [uuencode(PROGRAM, '"run.exe"')])),
  shown(
    'WinZip',
    'uuencode as a file with text in front',
    attachedFile('a.uue', Buffer.from(`Hello\r\n\r\n${uuencode(PROGRAM, 'run.exe')}`)),
  ),
  shown('ripmime', 'a message as a file called .mim', attachedFile('a.mim', EML)),
  shown(
    'Outlook',
    'a calendar with a file',
    attached(
      ['Content-Type: text/calendar; method=REQUEST'],
      [
        'BEGIN:VCALENDAR',
        'BEGIN:VEVENT',
        'ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=ru',
        ` n.exe:${PROGRAM.toString('base64')}`,
        'END:VEVENT',
        'END:VCALENDAR',
      ],
    ),
  ),
  shown('OpenSSL', 'S/MIME, compressed', attachedFile('smime.p7m', compressedData(lines(...RUN_EXE)), 'application/pkcs7-mime')),
];

/** What real readers of mail show as run.exe. */
export const READERS: readonly CorpusCase[] = [...NAMES, ...STRUCTURES, ...BODIES];
