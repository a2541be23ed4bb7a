import fc from 'fast-check';

/** Messages made of what parsers of MIME disagree about. */

const NAMES = [
  'a.exe',
  'a.txt',
  'b.pdf',
  'x.eml',
  'a.e',
  'xe',
  '.exe',
  '=?utf-8?Q?a=2Eexe?=',
  '=?utf-8?B?YS5leGU=?=',
  "utf-8''a%2Eexe",
  'my a.exe',
  '',
  'a.exe;b',
  'c\\"d.exe',
];
const BOUNDARIES = ['bb', 'ii', 'b', 'bbx', 'bb ', '', 'b b', '=_b', '--', 'bb--'];
const TYPES = [
  'multipart/mixed',
  'multipart/mixed',
  'multipart/digest',
  'multipart/alternative',
  'message/rfc822',
  'text/plain',
  'text/html',
  'application/octet-stream',
  'application/zip',
  'multipart / mixed',
  'MULTIPART/MIXED',
  '"multipart/mixed"',
  'multipart/',
  'multipart',
  '',
];
const ENCODINGS = [
  'base64',
  'quoted-printable',
  '7bit',
  '8bit',
  'BASE64',
  '"base64"',
  'base64 ',
  '(x) base64',
  'base64;',
  'uuencode',
  '',
  'x',
  '7bit base64',
];

const quoted = (value: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom('"', '"', '', '', "'"), value, fc.constantFrom('"', '"', '', '', "'", '".txt', '" (c)'))
    .map((all) => all.join(''));
const glue = fc.constantFrom('; ', ';', ' ;', ';\r\n ', ' ', ', ', ';; ', ' (c); ', '; (x) ', ' (;) ', '\\');
const key = fc.constantFrom(
  'name',
  'filename',
  'NAME',
  'name*',
  'filename*',
  'filename*0',
  'filename*1',
  'filename*0*',
  'filename*1*',
  'name*0',
  'name*1',
  'filename ',
  'x',
);
const equals = fc.constantFrom('=', '=', '=', ' = ', '=\r\n ', '==');

const parameter = fc.tuple(glue, key, equals, quoted(fc.constantFrom(...NAMES))).map((all) => all.join(''));
const boundary = fc
  .tuple(
    glue,
    fc.constantFrom('boundary', 'boundary', 'Boundary', 'boundary*', 'boundary*0', 'boundary*1'),
    equals,
    quoted(fc.constantFrom(...BOUNDARIES)),
  )
  .map((all) => all.join(''));

const contentType = fc
  .tuple(fc.constantFrom(...TYPES), fc.array(fc.oneof(boundary, parameter), { maxLength: 3 }))
  .map(([type, parameters]) => `Content-Type: ${type}${parameters.join('')}`);
const disposition = fc
  .tuple(fc.constantFrom('attachment', 'inline', '', 'x', 'attachment'), fc.array(parameter, { maxLength: 3 }))
  .map(([kind, parameters]) => `Content-Disposition: ${kind}${parameters.join('')}`);
const encoding = fc.constantFrom(...ENCODINGS).map((value) => `Content-Transfer-Encoding: ${value}`);
const delimiter = fc
  .tuple(
    fc.constantFrom('--', '--', '--', '-', ' --'),
    fc.constantFrom(...BOUNDARIES),
    fc.constantFrom('', '', '', '--', '--', ' ', '-- ', 'x', '\t', '--x', ' x'),
  )
  .map((all) => all.join(''));
const oddLine = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' ',
  '\t',
  'no field',
  'X-Y: z',
  'Content-Type',
  ': x',
  ' folded',
  'From x',
  'begin 644 a.exe',
  '#86)C',
  'end',
  'YS5leGU=',
  'hello',
);

const line = fc.oneof(
  { weight: 4, arbitrary: contentType },
  { weight: 4, arbitrary: disposition },
  { weight: 2, arbitrary: encoding },
  { weight: 7, arbitrary: delimiter },
  { weight: 8, arbitrary: oddLine },
);
const goodPart = fc
  .tuple(fc.array(fc.oneof(contentType, disposition, encoding), { minLength: 1, maxLength: 3 }), fc.array(line, { maxLength: 3 }))
  .map(([header, body]) => ['--bb', ...header, '', ...body]);
const goodStart = fc.constantFrom(['Content-Type: multipart/mixed; boundary="bb"', ''], ['Content-Type: multipart/mixed; boundary=bb', '']);

/** Mostly soup, sometimes in order. */
export const arbitraryMessage: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.array(line, { maxLength: 24 }),
    fc
      .tuple(goodStart, fc.array(fc.oneof(goodPart, goodPart, fc.array(line, { maxLength: 4 })), { maxLength: 5 }))
      .map(([start, parts]) => [...start, ...parts.flat()]),
  )
  .map((all) => Buffer.from(`Subject: x\r\n${all.join('\r\n')}\r\n`, 'latin1'));
