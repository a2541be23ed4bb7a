import { gzipSync } from 'node:zlib';
import { zip } from '../../corpus/archives/zip.ts';
import { attached, attachedFile, BASE64, base64, lines, multipartOf, single } from '../../corpus/case.ts';
import { signedData } from '../../corpus/mime/writers.ts';
import type { OrdinaryMessage } from './message.ts';

const PDF = Buffer.from(
  `%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\0\r\n1 0 obj << /Type /Catalog >> endobj\n${'0 '.repeat(300)}\n%%EOF\n`,
  'latin1',
);
const ZIP = zip({ name: 'records.csv', data: Buffer.from('a;b;c\n'.repeat(50)) });
const TEXT = ['Content-Type: text/plain; charset=utf-8', '', 'Hello'];
const DOCUMENT = [
  'Content-Type: application/pdf; name="report.pdf"',
  BASE64,
  'Content-Disposition: attachment; filename="report.pdf"',
  '',
  base64(PDF),
];
const STATUS = [
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.sender.test',
  '',
  'Final-Recipient: rfc822; x@y.test',
  'Action: failed',
  'Status: 5.7.1',
];

const ordinary = (what: string, message: Buffer): OrdinaryMessage => ({ what, message });

/** A report with these parts behind the one for people. */
const report = (type: string, ...parts: readonly (readonly (string | Buffer)[])[]) =>
  multipartOf(
    `Content-Type: multipart/report; report-type=${type}; boundary="rr"`,
    '--rr',
    ...TEXT,
    ...parts.flatMap((part) => ['--rr', ...part]),
    '--rr--',
  );

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

/** Originals that are not whole. */
const returned = (): readonly OrdinaryMessage[] => {
  const original = lines(
    'From: a@sender.test',
    'Subject: files',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="oo"',
    '',
    '--oo',
    ...TEXT,
    '--oo',
    'Content-Type: application/zip; name="records.zip"',
    BASE64,
    '',
    base64(
      zip(
        ...Array.from({ length: 30 }, (_, index) => ({
          name: `records-${index}.csv`,
          data: Buffer.from(`row ${index * 7919}\n`.repeat(9)),
        })),
      ),
    ),
    '--oo--',
  );
  const header = original.subarray(0, original.indexOf('--oo'));
  const zipped = lines(
    'From: a@sender.test',
    'Subject: files',
    'Content-Type: application/zip; name="records.zip"',
    BASE64,
    '',
    base64(
      zip(
        ...Array.from({ length: 30 }, (_, index) => ({
          name: `records-${index}.csv`,
          data: Buffer.from(`row ${index * 7919}\n`.repeat(9)),
        })),
      ),
    ),
  );
  const notices = [
    'The original message was too large.',
    '----- Message truncated -----',
    '*** body removed ***',
    '[Message clipped]\r\n\r\n-- \r\nthe mail system',
  ];
  const cuts = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
  return [
    ...notices.map((notice) =>
      ordinary(
        `a bounce with a multipart cut down to: ${notice.split('\r')[0]}`,
        report('delivery-status', STATUS, ['Content-Type: message/rfc822', '', header, notice]),
      ),
    ),
    ...notices.map((notice) =>
      ordinary(
        `a bounce with the header and: ${notice.split('\r')[0]}`,
        report('delivery-status', STATUS, ['Content-Type: text/rfc822-headers', '', header, notice]),
      ),
    ),
    ...cuts.map((part) =>
      ordinary(
        `a bounce with ${part} of the original`,
        report('delivery-status', STATUS, ['Content-Type: message/rfc822', '', original.subarray(0, Math.floor(original.length * part))]),
      ),
    ),
    ...cuts.map((part) =>
      ordinary(
        `a bounce with ${part} of a zip`,
        report('delivery-status', STATUS, ['Content-Type: message/rfc822', '', zipped.subarray(0, Math.floor(zipped.length * part))]),
      ),
    ),
    ...cuts.map((part) =>
      ordinary(
        `a bounce with ${part} of the original, and no end`,
        report('delivery-status', STATUS, [
          'Content-Type: message/rfc822',
          '',
          original.subarray(0, Math.floor(original.length * part)),
        ]).subarray(0, -'\r\n--rr--\r\n'.length),
      ),
    ),
  ];
};

const structures = (): readonly OrdinaryMessage[] => {
  const parts = ['--a b', ...TEXT, '--a b', ...DOCUMENT, '--a b--'];
  const plain = ['--bb', ...TEXT, '--bb', ...DOCUMENT, '--bb--'];
  return [
    ordinary('a folded boundary', multipartOf('Content-Type: multipart/mixed; boundary="a\r\n b"', ...parts)),
    ordinary('a boundary folded with a tab', multipartOf('Content-Type: multipart/mixed; boundary="bb\r\n\t"', ...plain)),
    ordinary('a boundary in RFC 2231', multipartOf("Content-Type: multipart/mixed; boundary*=us-ascii''bb", ...plain)),
    ordinary('a boundary in sections', multipartOf('Content-Type: multipart/mixed; boundary*0="b"; boundary*1="b"', ...plain)),
    ordinary('a boundary without quotes and a comment', multipartOf('Content-Type: multipart/mixed; boundary=bb (a comment)', ...plain)),
    ordinary('a closing delimiter twice', multipartOf('Content-Type: multipart/mixed; boundary="bb"', ...plain, '--bb--')),
    ordinary(
      'a footer as a part behind the end',
      multipartOf(
        'Content-Type: multipart/mixed; boundary="bb"',
        ...plain,
        '--bb',
        'Content-Type: text/plain',
        '',
        'list@lists.test',
        '--bb--',
      ),
    ),
    ...[
      `${BASE64};`,
      `${BASE64} ;`,
      'Content-Transfer-Encoding: "base64"',
      `${BASE64} (as always)`,
      'Content-Transfer-Encoding: BASE64 ',
    ].map((field) =>
      ordinary(
        `an encoding written as ${JSON.stringify(field)}`,
        attached(
          ['Content-Type: application/pdf; name="report.pdf"', field, 'Content-Disposition: attachment; filename="report.pdf"'],
          [base64(PDF)],
        ),
      ),
    ),
    ...['jobs.zip', 'jobs.gz', 'jobs.tar.gz', 'jobs.7z', 'jobs.rar', 'jobs.tar', 'jobs.iso'].flatMap((name) => [
      ordinary(`an empty ${name}`, attachedFile(name, Buffer.alloc(0))),
      ordinary(
        `an empty ${name} as text`,
        attached([`Content-Type: application/octet-stream; name="${name}"`, `Content-Disposition: attachment; filename="${name}"`], ['']),
      ),
    ]),
    ordinary(
      'inline and attached',
      attached(
        [
          'Content-Type: image/png; name="a.png"',
          BASE64,
          'Content-Disposition: inline; filename="a.png"',
          'Content-Disposition: attachment; filename="a.png"',
        ],
        [base64('x')],
      ),
    ),
    ...['logo of alza.com', 'Logo: shop.com', 'booking.com', '=?utf-8?Q?logo_of_alza=2Ecom?='].flatMap((text) => [
      ordinary(
        `an image described as ${text}`,
        attached(['Content-Type: image/png', BASE64, 'Content-ID: <logo@x.test>', `Content-Description: ${text}`], [base64('x')]),
      ),
      ordinary(
        `an inline image described as ${text}`,
        attached(['Content-Type: image/png', BASE64, 'Content-Disposition: inline', `Content-Description: ${text}`], [base64('x')]),
      ),
    ]),
    ...[
      'cid:logo@example.com',
      'mid:1@shop.com/logo@shop.com',
      'logo@example.com',
      'http://www.shop.com',
      'https://www.shop.com/',
      'CID:logo@example.com',
    ].map((text) =>
      ordinary(
        `an image at ${text}`,
        attached(['Content-Type: image/gif', BASE64, 'Content-Disposition: inline', `Content-Location: ${text}`], [base64('x')]),
      ),
    ),
    ordinary(
      'a document that is described with a host',
      attached(['Content-Type: application/pdf', BASE64, 'Content-Description: Invoice from alza.com'], [base64(PDF)]),
    ),
    ordinary(
      'a preamble with the lines of a plain part',
      multipartOf(
        'Content-Type: multipart/mixed; boundary="bb"',
        'Content-Type: text/plain',
        'This is a message in several parts.',
        ...plain,
      ),
    ),
    ordinary(
      'Base64 with a footer of a list',
      attached(['Content-Type: application/pdf; name="report.pdf"', BASE64], [base64(PDF), '', '_______________', 'list mailing list']),
    ),
    ordinary(
      'a packed file in Base64 with a footer of a list',
      attached(['Content-Type: application/zip; name="records.zip"', BASE64], [base64(ZIP), '', '-- ', 'list mailing list']),
    ),
  ];
};

/** What the check of attachments refused once, and its like. */
export function mailRefusedBefore(): readonly OrdinaryMessage[] {
  return [...headersOnly(), ...beginnings(), ...footers(), ...pairs(), ...signed(), ...attachedMessages(), ...returned(), ...structures()];
}
