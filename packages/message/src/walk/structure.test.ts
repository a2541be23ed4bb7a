import { expect, test } from 'vitest';
import { attached, base64, collect, lines, multi, outcomeOf, type Row } from './testing/case.fixture.ts';

const EXE = ['Content-Disposition: attachment; filename="a.exe"', '', 'x'];
const PDF = ['Content-Type: application/pdf', 'Content-Disposition: attachment; filename="a.pdf"', '', 'x'];
const TEXT = ['Content-Type: text/plain', '', 'hello'];
const root = (contentType: string, ...body: readonly string[]) => lines('Subject: x', `Content-Type: ${contentType}`, '', ...body);
const inner = lines('Subject: inner', 'Content-Type: multipart/mixed; boundary=ii', '', '--ii', ...EXE, '--ii--');
const mixed = 'multipart/mixed; boundary=bb';

const ROWS: readonly Row[] = [
  ['plain', multi(TEXT, EXE), 'seen'],
  ['trailing white space on delimiters', root(mixed, '--bb  ', ...TEXT, '--bb\t ', ...EXE, '--bb-- '), 'seen'],
  ['LF only', Buffer.from(multi(TEXT, EXE).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'), 'seen'],
  ['no closing delimiter', root(mixed, '--bb', ...EXE), 'seen'],
  [
    'an inner multipart that is not closed',
    root(mixed, '--bb', 'Content-Type: multipart/mixed; boundary=ii', '', '--ii', ...TEXT, '--bb', ...EXE, '--bb--'),
    'seen',
  ],
  [
    'unclosed, harmless',
    root(mixed, '--bb', 'Content-Type: multipart/mixed; boundary=ii', '', '--ii', ...TEXT, '--bb', ...PDF, '--bb--'),
    'clean',
  ],
  ['an outer delimiter in an inner header', root(mixed, '--bb', 'Content-Type: text/plain', '--bb', ...EXE, '--bb--'), 'seen'],
  ['the same boundary inside', root(mixed, '--bb', 'Content-Type: multipart/mixed; boundary=bb', '', '--bb', ...EXE, '--bb--'), 'seen'],
  [
    'the same boundary inside, harmless names',
    root(mixed, '--bb', 'Content-Type: multipart/mixed; boundary=bb', '', '--bb', ...PDF, '--bb--', '--bb--'),
    'clean',
  ],
  [
    'the same boundary inside, text only',
    root(mixed, '--bb', 'Content-Type: multipart/mixed; boundary=bb', '', '--bb', ...TEXT, '--bb--', '--bb--'),
    'clean',
  ],
  ['two boundary parameters, the first', root('multipart/mixed; boundary=bb; boundary=cc', '--bb', ...EXE, '--bb--'), 'seen'],
  ['two boundary parameters, the second', root('multipart/mixed; boundary=cc; boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['two boundary parameters, harmless names', root('multipart/mixed; boundary=cc; boundary=bb', '--bb', ...PDF, '--bb--'), 'clean'],
  ['two boundary parameters, text', root('multipart/mixed; boundary=cc; boundary=bb', '--bb', ...TEXT, '--bb--'), 'clean'],
  [
    'two Content-Type fields',
    lines(`Content-Type: multipart/mixed; boundary=cc`, `Content-Type: ${mixed}`, '', '--bb', ...EXE, '--bb--'),
    'seen',
  ],
  ['two types', lines('Content-Type: text/plain', `Content-Type: ${mixed}`, '', '--bb', ...PDF, '--bb--'), 'ambiguous'],
  ['two types, multipart first', lines(`Content-Type: ${mixed}`, 'Content-Type: text/plain', '', '--bb', ...EXE, '--bb--'), 'seen'],
  ['no boundary', root('multipart/mixed', '--bb', ...EXE, '--bb--'), 'seen'],
  ['no boundary, an unnamed part', root('multipart/mixed', '--bb', 'Content-Type: application/zip', '', 'x', '--bb--'), 'ambiguous'],
  ['no boundary, text', root('multipart/mixed', 'hello'), 'clean'],
  ['an empty boundary', root('multipart/mixed; boundary=""', '--', ...EXE, '----'), 'seen'],
  ['a boundary that does not appear', root(mixed, '--cc', ...EXE, '--cc--'), 'seen'],
  ['a boundary that does not appear, unnamed', root(mixed, '--cc', 'Content-Type: application/zip', '', 'x', '--cc--'), 'ambiguous'],
  ['only a header of a multipart', root(mixed), 'clean'],
  ['RFC 2231 boundary', root("multipart/mixed; boundary*=us-ascii''bb", '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary in sections', root('multipart/mixed; boundary*0=b; boundary*1=b', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary in encoded words', root('multipart/mixed; boundary="=?us-ascii?Q?bb?="', '--bb', ...EXE, '--bb--'), 'seen'],
  ['an escaped boundary', root('multipart/mixed; boundary="b\\b"', '--bb', ...EXE, '--bb--'), 'seen'],
  ['an unterminated boundary', root('multipart/mixed; boundary="bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['an unterminated boundary and a parameter', root('multipart/mixed; boundary="bb; charset=x', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary with a comment', root('multipart/mixed; boundary=bb (x)', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary in single quotes', root("multipart/mixed; boundary='bb'", '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary cut at a space', root('multipart/mixed; boundary=bb cc', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary with a folded line', root('multipart/mixed;\r\n boundary="bb"', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary with white space at its end', root('multipart/mixed; boundary="bb "', '--bb', ...EXE, '--bb--'), 'seen'],
  ['no semicolon before the boundary', root('multipart/mixed boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['an unknown multipart', root('multipart/x; boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a quoted type', root('"multipart/mixed"; boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a type with spaces', root('multipart / mixed; boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a type with a comment', root('multipart/(x)mixed; boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary of a text', root('text/plain; boundary=bb', '--bb', ...EXE, '--bb--'), 'seen'],
  ['a boundary of a text, unnamed', root('text/plain; boundary=bb', '--bb', 'Content-Type: application/zip', '', 'x', '--bb--'), 'clean'],
  ['text behind the boundary', root(mixed, '--bbx', ...EXE, '--bb--'), 'seen'],
  ['text behind the boundary, unnamed', root(mixed, '--bb x', 'Content-Type: application/zip', '', 'x', '--bb--'), 'ambiguous'],
  ['a part behind the closing delimiter', root(mixed, '--bb', ...TEXT, '--bb--', '--bb', ...EXE), 'seen'],
  [
    'a part behind the closing delimiter, unnamed',
    root(mixed, '--bb', ...TEXT, '--bb--', '--bb', 'Content-Type: application/zip', '', 'x'),
    'clean',
  ],
  ['a header in the preamble', root(mixed, 'Content-Type: a/b; name=a.exe', '', 'x', '--bb', ...TEXT, '--bb--'), 'seen'],
  ['a header in the epilogue', root(mixed, '--bb', ...TEXT, '--bb--', 'Content-Disposition: attachment; filename=a.exe'), 'seen'],
  ['a header that does not end', lines(`Content-Type: ${mixed}`, '--bb', ...EXE, '--bb--'), 'seen'],
  ['no header but a part', root(mixed, '--bb', '', 'x', '--bb', ...EXE, '--bb--'), 'seen'],
  ['message/rfc822', multi(['Content-Type: message/rfc822', '', inner]), 'seen'],
  ['message/rfc822 in Base64', multi(['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', base64(inner)]), 'seen'],
  [
    'message/rfc822 quoted-printable',
    multi([
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      inner.toString('latin1').replaceAll('=', '=3D'),
    ]),
    'seen',
  ],
  ['message/global', multi(['Content-Type: message/global', '', inner]), 'seen'],
  ['message/news', multi(['Content-Type: message/news', '', inner]), 'seen'],
  ['message/x-unheard-of', multi(['Content-Type: message/x', '', inner]), 'seen'],
  [
    'a message in a message in a message',
    multi(['Content-Type: message/rfc822', '', 'Content-Type: message/rfc822', '', 'Content-Type: message/rfc822', '', inner]),
    'seen',
  ],
  [
    'Base64 in Base64',
    multi([
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      '',
      base64(lines('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', base64(inner))),
    ]),
    'seen',
  ],
  ['a message as octets named .eml', attached(['Content-Type: application/octet-stream; name=x.eml'], [inner]), 'seen'],
  [
    'the same in Base64',
    attached(['Content-Type: application/octet-stream; name=x.eml', 'Content-Transfer-Encoding: base64'], [base64(inner)]),
    'seen',
  ],
  ['a message behind its mbox line', multi(['Content-Type: message/rfc822', '', 'From x@y Sat Jan 1', inner]), 'seen'],
  ['a digest', lines('Content-Type: multipart/digest; boundary=bb', '', '--bb', '', inner, '--bb--'), 'seen'],
  [
    'an outer delimiter in an attached message',
    root(mixed, '--bb', 'Content-Type: message/rfc822', '', 'Subject: x', '--bb', ...EXE, '--bb--'),
    'seen',
  ],
  ['message/partial', multi(['Content-Type: message/partial; id="x"; number=1; total=2', '', 'x']), 'ambiguous'],
  [
    'message/external-body',
    multi(['Content-Type: message/external-body; name="a.exe"; access-type=x', '', 'Content-Type: a/b', '']),
    'seen',
  ],
  [
    'message/external-body, harmless',
    multi(['Content-Type: message/external-body; name="draft.txt"; access-type=x', '', 'Content-Type: text/plain', '']),
    'clean',
  ],
  [
    'a multipart in Base64',
    lines(`Content-Type: ${mixed}`, 'Content-Transfer-Encoding: base64', '', base64(lines('--bb', ...EXE, '--bb--'))),
    'seen',
  ],
  [
    'a multipart in Base64, unnamed',
    lines(
      `Content-Type: ${mixed}`,
      'Content-Transfer-Encoding: base64',
      '',
      base64(lines('--bb', 'Content-Type: application/zip', '', 'x', '--bb--')),
    ),
    'ambiguous',
  ],
  [
    'a quoted-printable multipart',
    lines(
      `Content-Type: ${mixed}`,
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '--bb',
      '',
      'x=0A--bb=0AContent-Disposition: attachment; filename=3Da.exe=0A=0Ax',
      '--bb--',
    ),
    'seen',
  ],
  [
    'a quoted-printable multipart, honest',
    lines(`Content-Type: ${mixed}`, 'Content-Transfer-Encoding: quoted-printable', '', '--bb', ...TEXT, '--bb', ...PDF, '--bb--'),
    'clean',
  ],
  [
    'two encodings',
    attached(['Content-Type: application/zip', 'Content-Transfer-Encoding: 7bit', 'Content-Transfer-Encoding: base64'], ['eA==']),
    'clean',
  ],
  [
    'an encoding that only some take',
    attached(['Content-Type: application/zip', 'Content-Transfer-Encoding: base64;x'], ['eA==']),
    'clean',
  ],
  ['a quoted encoding', attached(['Content-Type: application/zip', 'Content-Transfer-Encoding: "base64"'], ['eA==']), 'clean'],
  ['junk in Base64', attached(['Content-Type: application/zip', 'Content-Transfer-Encoding: base64'], ['e!A==']), 'clean'],
  ['Base64 behind padding', attached(['Content-Type: application/zip', 'Content-Transfer-Encoding: base64'], ['eA==', 'eA==']), 'clean'],
  [
    'junk in a text in Base64',
    lines('Content-Type: text/plain', 'Content-Transfer-Encoding: base64', '', 'eA==', '--', 'list footer'),
    'clean',
  ],
  ['a text with an odd header', lines('no field', 'Content-Type: text/plain', '', 'x'), 'clean'],
  ['a long header parameter list', attached([`Content-Type: a/b${'; name=x.txt'.repeat(500)}`]), 'ambiguous'],
];

test.each(ROWS)('structure: %s', async (_what, message, outcome) => {
  expect(outcomeOf(await collect(message))).toBe(outcome);
});
