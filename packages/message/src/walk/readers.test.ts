import { expect, test } from 'vitest';
import { attached, base64, collect, lines, multi, outcomeOf, type Row } from './testing/case.fixture.ts';
import { uuencode } from './testing/encode.fixture.ts';

const EXE = ['Content-Type: application/octet-stream; name=a.exe', '', 'x'];
const TEXT = ['Content-Type: text/plain', '', 'hello'];
const disposition = (parameters: string) => attached(['Content-Type: a/b', `Content-Disposition: attachment; ${parameters}`]);
const calendar = (...rows: readonly string[]) =>
  attached(['Content-Type: text/calendar; charset=utf-8'], ['BEGIN:VEVENT', ...rows, 'END:VEVENT']);
const headers = (...rows: readonly string[]) =>
  multi(TEXT, ['Content-Type: message/delivery-status', '', 'Status: 5.1.1'], ['Content-Type: text/rfc822-headers', '', ...rows]);

/** What one reader of mail shows and others do not, and what looks like it and is ordinary. */
const ROWS: readonly Row[] = [
  ['a blank line before the fields of a part', multi(TEXT, ['', ...EXE]), 'seen'],
  ['blank lines with white space before them', multi(TEXT, ['', '\t ', '', ...EXE]), 'seen'],
  [
    'a blank line before the header of the message',
    Buffer.concat([Buffer.from('\r\n'), attached(['Content-Type: a/b; name=a.exe'])]),
    'seen',
  ],
  ['a part without header whose text speaks of a file', multi(['', 'Hello,', 'Content-Disposition: attachment; filename=a.exe']), 'clean'],
  ['a part without header and with a text', multi(TEXT, ['', 'See: a.exe']), 'clean'],
  ['the header of a returned message', headers('Subject: x', 'Content-Type: multipart/mixed; boundary=zz'), 'clean'],
  ['a whole message as the header of one', headers('Subject: x', ...EXE), 'seen'],
  ['Base64 cut into words within a group', disposition('filename="=?utf-8?B?YS5?= =?utf-8?B?leGU=?="'), 'seen'],
  ['a form feed before the equals sign', disposition('filename\f=a.exe'), 'seen'],
  ['a program by its type', attached(['Content-Type: application/x-msdownload']), 'seen'],
  ['a program by its type, with a harmless name', attached(['Content-Type: application/x-msdownload; name=a.txt']), 'clean'],
  [
    'uuencode with one digit of mode',
    lines('Subject: x', '', uuencode(Buffer.from('x'.repeat(60)), 'a.exe').replace(/^begin \d+/u, 'begin 6')),
    'seen',
  ],
  ['a sentence with a number behind begin', lines('Subject: x', '', 'begin 5 steps from example.com', 'and go on from there'), 'clean'],
  [
    'uuencode as a file, with text in front',
    attached(['Content-Type: a/b; name=a.uue'], ['hello', uuencode(Buffer.from('x'), 'a.exe')]),
    'seen',
  ],
  [
    'a message as a file called .mim',
    attached(['Content-Type: a/b; name=a.mim', 'Content-Transfer-Encoding: base64'], [base64(lines(...EXE))]),
    'seen',
  ],
  ['a calendar with a file', calendar('ATTACH;VALUE=BINARY;ENCODING=BASE64;X-FILENAME="a.exe":TVo='), 'seen'],
  ['a calendar with a name that is folded', calendar('ATTACH;ENCODING=BASE64;FILENAME=a.e', ' xe:TVo='), 'seen'],
  ['a calendar by its name', attached(['Content-Type: a/b; name=a.ics'], ['ATTACH;X-APPLE-FILENAME=a.exe:TVo=']), 'seen'],
  ['a calendar with a document', calendar('ATTACH;FILENAME=a.pdf:TVo=', 'DESCRIPTION:see FILENAME=a.exe'), 'clean'],
  ['the first piece of a split file', disposition('filename=a.exe.001'), 'seen'],
  ['a later version of a report', disposition('filename=report.001'), 'clean'],
];

test.each(ROWS)('%s', async (_what, message, outcome) => {
  expect(outcomeOf(await collect(message))).toBe(outcome);
});

test('the walker alone sees what the second view would', async () => {
  const { names } = await collect(disposition('filename="=?utf-8?B?YS5?= =?utf-8?B?leGU=?="'));
  expect(names).toContainEqual(expect.objectContaining({ name: 'a.exe', view: 'walker' }));
});
