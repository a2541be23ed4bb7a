import { gzipSync } from 'node:zlib';
import { zip } from '@vratny/support/corpus/archives/zip';
import { attached, attachedFile, BASE64, base64, lines, multipartOf, single } from '@vratny/support/corpus/case';
import { signedData } from '@vratny/support/corpus/mime/writers';
import { DOCUMENT, ordinary, PDF, report, STATUS, TEXT, ZIP } from './material.ts';
import type { OrdinaryMessage } from './message.ts';

/** The header of a message that came back. */
const NAMING = ['tool.exe', 'a.zip', 'invoice.js', 'docs.rar'].flatMap((name) =>
  [
    [
      'Subject: tool',
      `Content-Type: application/octet-stream; name="${name}"`,
      BASE64,
      `Content-Disposition: attachment; filename="${name}"`,
    ],
    [
      'From: a@sender.test',
      'To: x@y.test',
      'Subject: files',
      'MIME-Version: 1.0',
      `Content-Type: application/octet-stream;`,
      `\tname="${name}"`,
      BASE64,
    ],
    [`Content-Disposition: attachment; filename="${name}"`, 'Subject: last'],
  ].map((header) => ({ name, header })),
);
const HEADER_TYPES = ['text/rfc822-headers', 'text/rfc822-headers; charset=utf-8', 'message/rfc822-headers', 'message/global-headers'];

const headersOnly = (): readonly OrdinaryMessage[] =>
  NAMING.flatMap(({ name, header }, index) =>
    HEADER_TYPES.flatMap((type) => [
      ordinary(
        `a bounce with the header of a message with ${name} (${index}, ${type})`,
        report('delivery-status', STATUS, [`Content-Type: ${type}`, '', ...header]),
      ),
      ordinary(
        `the same with a blank line behind (${index}, ${type})`,
        report('delivery-status', STATUS, [`Content-Type: ${type}`, '', ...header, '', '']),
      ),
      ordinary(
        `an abuse report with the header of a message with ${name} (${index}, ${type})`,
        report(
          'feedback-report',
          ['Content-Type: message/feedback-report', '', 'Feedback-Type: abuse', 'User-Agent: reporter/1', 'Version: 1'],
          [`Content-Type: ${type}`, 'Content-Disposition: inline', '', ...header],
        ),
      ),
      ordinary(
        `the same in Base64 (${index}, ${type})`,
        report('delivery-status', STATUS, [`Content-Type: ${type}`, BASE64, '', base64(lines(...header))]),
      ),
    ]),
  );

/** Lines that begin as uuencode and BinHex do, in a text. */
const BEGINNINGS = [
  'begin 365 days free at www.shop.com',
  'begin 100 pushups with coach.com',
  'begin 644 run.exe',
  'begin  the day with coffee.com',
  'begin-base64 644 run.exe',
  'begin 24 hours before you install setup.exe',
  '(This file must be converted with BinHex 4.0)',
];

const beginnings = (): readonly OrdinaryMessage[] =>
  BEGINNINGS.flatMap((line) => [
    ordinary(`text: ${line}`, single(['Content-Type: text/plain'], [line, 'Read more in your account.'])),
    ordinary(`text, a blank line behind: ${line}`, single(['Content-Type: text/plain'], [line, '', 'Read more in your account.', 'end'])),
    ordinary(`text, the last line: ${line}`, single(['Content-Type: text/plain'], ['Hello', line])),
    ordinary(`page: ${line}`, single(['Content-Type: text/html'], ['<p>', line, '</p><p>More in your account.</p>'])),
    ordinary(`page in Base64: ${line}`, single(['Content-Type: text/html', BASE64], [base64(`<p>\r\n${line}\r\n</p>`)])),
    ordinary(
      `text beside a document: ${line}`,
      multipartOf(
        'Content-Type: multipart/mixed; boundary="bb"',
        '--bb',
        'Content-Type: text/plain',
        '',
        line,
        'Regards',
        '--bb',
        ...DOCUMENT,
        '--bb--',
      ),
    ),
  ]);

/** A server that adds a part behind an inner multipart that it took the end from. */
const FILES: Readonly<Record<string, Buffer>> = {
  'report.pdf': PDF,
  'records.zip': ZIP,
  'records.csv.gz': gzipSync('a;b\n'.repeat(40)),
  'letter.docx': zip(
    { name: '[Content_Types].xml', data: Buffer.from('<Types/>') },
    { name: 'word/document.xml', data: Buffer.from('<w/>') },
  ),
  'photo.jpg': Buffer.concat([Buffer.from('\u00ff\u00d8\u00ff\u00e0\0\x10JFIF', 'latin1'), Buffer.alloc(200, 7)]),
};
const footers = (): readonly OrdinaryMessage[] =>
  ['bb', 'xx2', 'xx-1'].flatMap((inner) =>
    Object.entries(FILES).flatMap(([name, content]) =>
      [[], [''], ['', 'Sent by the list.', '']].map((between, index) =>
        ordinary(
          `a multipart that is not closed, then ${name}, then its end (${inner}, ${index})`,
          multipartOf(
            'Content-Type: multipart/mixed; boundary="xx"',
            '--xx',
            `Content-Type: multipart/alternative; boundary="${inner}"`,
            '',
            `--${inner}`,
            ...TEXT,
            `--${inner}`,
            'Content-Type: text/html',
            '',
            '<p>Hello</p>',
            '--xx',
            `Content-Type: application/octet-stream; name="${name}"`,
            BASE64,
            `Content-Disposition: attachment; filename="${name}"`,
            '',
            base64(content),
            ...between.slice(0, 1),
            `--${inner}--`,
            ...between,
            '--xx--',
          ),
        ),
      ),
    ),
  );

/** Two names, both harmless. */
const PAIRS = [
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'Records.xlsx'],
  ['scan.tif', 'a.pdf'],
  ['foto.jpeg', 'foto.jpg'],
  ['image001.png', 'logo.gif'],
  ['report', 'report.pdf'],
  ['letter.doc', 'letter.docx'],
  ['attachment.dat', 'invoice.xml'],
  ['=?utf-8?Q?=C3=BA=C4=8Det.pdf?=', 'ucet.pdf'],
  ['Budget v1.2', 'Budget v1.3'],
] as const;
const pairs = (): readonly OrdinaryMessage[] =>
  PAIRS.flatMap(([name, filename]) => [
    ordinary(
      `called ${name} and ${filename}`,
      attached(
        [`Content-Type: application/octet-stream; name="${name}"`, BASE64, `Content-Disposition: attachment; filename="${filename}"`],
        [base64(PDF)],
      ),
    ),
    ordinary(
      `called ${name} and ${filename} in one field`,
      attached([`Content-Type: application/octet-stream; name="${name}"; name="${filename}"`, BASE64], [base64(PDF)]),
    ),
    ordinary(
      `called ${name} and ${filename}, inline and attached`,
      attached(
        [
          `Content-Type: image/png; name="${name}"`,
          BASE64,
          `Content-Disposition: inline; filename="${name}"`,
          `Content-Disposition: attachment; filename="${filename}"`,
        ],
        [base64(PDF)],
      ),
    ),
  ]);

const signed = (): readonly OrdinaryMessage[] =>
  ['faktura.pdf.p7m', 'records.zip.p7m', 'letter.docx.p7m', 'invoice.xml.p7m', 'photo.jpg.p7m'].flatMap((name) => {
    const content =
      FILES[name.replace('.p7m', '')] ?? (name.endsWith('.xml.p7m') ? Buffer.from('<?xml version="1.0"?>\n<invoice/>\n') : PDF);
    return [
      ordinary(`a signed file ${name}`, attachedFile(name, signedData(content), 'application/pkcs7-mime')),
      ordinary(`a signed file ${name} as octets`, attachedFile(name, signedData(content))),
      ordinary(
        `a signed file ${name} in Base64 once more`,
        attachedFile(name, Buffer.from(base64(signedData(content))), 'application/pkcs7-mime'),
      ),
      ordinary(
        `a signed file ${name} as PEM`,
        attachedFile(
          name,
          Buffer.from(`-----BEGIN PKCS7-----\n${base64(signedData(content))}\n-----END PKCS7-----\n`),
          'application/x-pkcs7-mime',
        ),
      ),
    ];
  });

const SUBJECTS = [
  'Your order at booking.com',
  'Intro to Node.js',
  'Re: report.zip',
  'Fwd: help with setup.exe',
  'booking.com',
  'Node.js',
  'Missing msvcp140.dll',
  'Welcome to amazon.com!',
];
const attachedMessages = (): readonly OrdinaryMessage[] =>
  SUBJECTS.flatMap((subject) =>
    ['message/rfc822', 'message/global', 'message/rfc822; charset=utf-8'].flatMap((type) => {
      const inner = lines('From: b@sender.test', `Subject: ${subject}`, 'Content-Type: text/plain', '', 'Hello');
      return [
        ordinary(
          `a message called ${subject} as ${type}`,
          attached([`Content-Type: ${type}; name="${subject}"`, `Content-Disposition: attachment; filename="${subject}"`], [inner]),
        ),
        ordinary(
          `a message called ${subject} in Base64 as ${type}`,
          attached([`Content-Type: ${type}; name="${subject}"`, BASE64], [base64(inner)]),
        ),
        ordinary(`a message called ${subject}.eml as ${type}`, attached([`Content-Type: ${type}; name="${subject}.eml"`], [inner])),
      ];
    }),
  );

/** What the check of attachments refused once, and its like. */
export function mailRefusedBefore(): readonly OrdinaryMessage[] {
  return [...headersOnly(), ...beginnings(), ...footers(), ...pairs(), ...signed(), ...attachedMessages()];
}
