import { type CorpusCase, multipartOf, RUN_EXE, single, TEXT } from '../case.ts';

const MIXED = 'Content-Type: multipart/mixed; boundary="bb"';

/** Body lines below a Content-Type field. */
const built = (imitates: string, field: string, ...body: readonly (string | Buffer)[]): CorpusCase => ({
  imitates: `structure: ${imitates}`,
  message: multipartOf(field, ...body),
});

const INNER = 'Content-Type: multipart/mixed; boundary="inner"';
const ALL = ['--bb', ...TEXT, '--bb', ...RUN_EXE, '--bb--'];

/** Boundaries and nesting that programs take differently. */
export const STRUCTURES: readonly CorpusCase[] = [
  built('the honest form', MIXED, ...ALL),
  built('white space behind the boundary', MIXED, '--bb', ...TEXT, '--bb  ', ...RUN_EXE, '--bb--'),
  built('a tab behind the boundary', MIXED, '--bb', ...TEXT, '--bb\t', ...RUN_EXE, '--bb--'),
  built('text behind the boundary', MIXED, '--bb', ...TEXT, '--bbx', ...RUN_EXE, '--bb--'),
  built(
    'a boundary that ends in a space',
    'Content-Type: multipart/mixed; boundary="bb "',
    '--bb ',
    ...TEXT,
    '--bb ',
    ...RUN_EXE,
    '--bb --',
  ),
  built('no closing boundary', MIXED, '--bb', ...TEXT, '--bb', ...RUN_EXE),
  built('a part behind the closing boundary', MIXED, '--bb', ...TEXT, '--bb--', '--bb', ...RUN_EXE, '--bb--'),
  built('the file in the preamble', MIXED, ...RUN_EXE, '--bb', ...TEXT, '--bb--'),
  built('the file in the epilogue', MIXED, '--bb', ...TEXT, '--bb--', ...RUN_EXE),
  built('two boundary parameters, the first one used', 'Content-Type: multipart/mixed; boundary="bb"; boundary="cc"', ...ALL),
  built('two boundary parameters, the second one used', 'Content-Type: multipart/mixed; boundary="cc"; boundary="bb"', ...ALL),
  built('no boundary parameter', 'Content-Type: multipart/mixed', ...ALL),
  built('an empty boundary', 'Content-Type: multipart/mixed; boundary=""', '--', ...TEXT, '--', ...RUN_EXE, '----'),
  built('a boundary without quotes', 'Content-Type: multipart/mixed; boundary=bb', ...ALL),
  built('a boundary in single quotes', "Content-Type: multipart/mixed; boundary='bb'", ...ALL),
  built('a boundary whose quotes do not end', 'Content-Type: multipart/mixed; boundary="bb', ...ALL),
  built('a boundary in RFC 2231', "Content-Type: multipart/mixed; boundary*=us-ascii''b%62", ...ALL),
  built('a boundary in RFC 2231 sections', 'Content-Type: multipart/mixed; boundary*0=b; boundary*1=b', ...ALL),
  built('a boundary in RFC 2047', 'Content-Type: multipart/mixed; boundary="=?us-ascii?Q?bb?="', ...ALL),
  built('a boundary with quoted pairs', 'Content-Type: multipart/mixed; boundary="\\b\\b"', ...ALL),
  built('a boundary with a comment', 'Content-Type: multipart/mixed; boundary=(x)bb', ...ALL),
  built('a boundary with a fold', 'Content-Type: multipart/mixed;\r\n\tboundary="bb"', ...ALL),
  built(
    'a long boundary',
    `Content-Type: multipart/mixed; boundary="${'b'.repeat(180)}"`,
    `--${'b'.repeat(180)}`,
    ...RUN_EXE,
    `--${'b'.repeat(180)}--`,
  ),
  built('an upper-case type', 'CONTENT-TYPE: MULTIPART/MIXED; BOUNDARY="bb"', ...ALL),
  built('an unknown multipart', 'Content-Type: multipart/x-unknown; boundary="bb"', ...ALL),
  built('multipart without a subtype', 'Content-Type: multipart; boundary="bb"', ...ALL),
  ...['alternative', 'related', 'report', 'signed', 'parallel', 'form-data', 'appledouble', 'digest'].map((subtype) =>
    built(`multipart/${subtype}`, `Content-Type: multipart/${subtype}; boundary="bb"`, ...ALL),
  ),
  built('an inner multipart that is not closed', MIXED, '--bb', INNER, '', '--inner', ...TEXT, '--bb', ...RUN_EXE, '--bb--'),
  built('an inner multipart with the outer boundary', MIXED, '--bb', MIXED, '', ...ALL),
  built(
    'an inner boundary that extends the outer',
    MIXED,
    '--bb',
    'Content-Type: multipart/mixed; boundary="bbx"',
    '',
    '--bbx',
    ...RUN_EXE,
    '--bbx--',
    '--bb--',
  ),
  built(
    'the outer boundary inside an unclosed message',
    MIXED,
    '--bb',
    'Content-Type: message/rfc822',
    '',
    INNER,
    '',
    '--inner',
    ...TEXT,
    '--bb',
    ...RUN_EXE,
    '--bb--',
  ),
  built('an empty first part', MIXED, '--bb', '', '--bb', ...RUN_EXE, '--bb--'),
  built('parts without a blank line', MIXED, '--bb', '--bb', ...RUN_EXE, '--bb--'),
  built('a boundary that never appears', 'Content-Type: multipart/mixed; boundary="zz"', ...ALL),
  built('a base64 multipart', `${MIXED}\r\nContent-Transfer-Encoding: base64`, ...ALL),
  built('two Content-Types, the second multipart', `Content-Type: text/plain\r\n${MIXED}`, ...ALL),
  built('two Content-Types, the first multipart', `${MIXED}\r\nContent-Type: text/plain`, ...ALL),
  built('no MIME-Version', MIXED, ...ALL),
  { imitates: 'structure: the message itself is the file', message: single(RUN_EXE.slice(0, 3), RUN_EXE.slice(4)) },
  built('twenty multiparts deep', MIXED, ...nested(20)),
];

/** Multiparts in multiparts, with the file in the innermost. */
function nested(depth: number): readonly string[] {
  let body: readonly string[] = [...RUN_EXE];
  for (let level = depth; level > 0; level -= 1) {
    body = [`Content-Type: multipart/mixed; boundary="l${level}"`, '', `--l${level}`, ...body, `--l${level}--`];
  }
  return ['--bb', ...body, '--bb--'];
}
