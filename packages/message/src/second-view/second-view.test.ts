import { expect, test } from 'vitest';
import { contentOf } from '../spool.ts';
import { attached, base64, lines } from '../walk/testing/case.fixture.ts';
import { createLineThinner, secondView } from './second-view.ts';

const view = (message: Buffer) => secondView(contentOf(message));

test('names come with the type and the number of the part', async () => {
  const names = [{ name: 'x.txt', mediaType: 'a/b', partPath: '2' }];
  expect(await view(attached(['Content-Type: a/b; name=x.txt']))).toEqual({ names, cut: false });
});

test('a name behind ten megabytes of Base64 is seen', async () => {
  const body = base64(Buffer.alloc(7_500_000, 'x'));
  const message = lines(
    'Content-Type: multipart/mixed; boundary=bb',
    '',
    '--bb',
    'Content-Type: a/b; name=x.txt',
    'Content-Transfer-Encoding: base64',
    '',
    body,
    '--bb',
    'Content-Type: a/b; name=y.txt',
    '',
    'x',
    '--bb--',
  );
  const { names, cut } = await view(message);
  expect(names.map(({ name }) => name)).toEqual(['x.txt', 'y.txt']);
  expect(cut).toBe(false);
});

test('a message on which mailparser never ends is cut', async () => {
  expect(await view(lines('Subject: x', 'Content-Disposition: inline', 'Content-Type: message/rfc822'))).toEqual({ names: [], cut: true });
});

test('too many lines are cut', async () => {
  expect((await secondView(contentOf(attached(['Content-Type: a/b; name=x.txt'])), { maxBytes: 1000, maxLines: 3 })).cut).toBe(true);
  expect((await secondView(contentOf(attached(['Content-Type: a/b; name=x.txt'])), { maxBytes: 10, maxLines: 300 })).cut).toBe(true);
});

function thinned(message: Buffer, size = message.length): { readonly text: string; readonly cut: boolean } {
  const thinner = createLineThinner();
  const kept: Buffer[] = [];
  for (let at = 0; at < message.length; at += size)
    kept.push(...thinner.push(message.subarray(at, at + size)).map((one) => Buffer.from(one)));
  kept.push(...thinner.finish());
  return { text: Buffer.concat(kept).toString('latin1'), cut: thinner.cut };
}

test('of a long run of plain lines the beginning is kept, and everything that may be structure', () => {
  const many = Array.from({ length: 100 }, () => 'abc');
  const message = lines('A: b', 'Content-Type: x/y;', ' name=z', '', ...many, '--bb', 'Content-C: d', '\tfolded', '', 'abc', '-', ' x');
  const { text } = thinned(message);
  const kept = `Content-Type: x/y;\r\n name=z\r\n\r\n${'abc\r\n'.repeat(32)}--bb\r\nContent-C: d\r\n\tfolded\r\n\r\nabc\r\n-\r\n x\r\n`;
  expect(text).toBe(kept);
  for (const size of [1, 2, 3, 7, 255, 256, 257]) expect(thinned(message, size).text).toBe(kept);
});

test.each<[string, readonly string[], string]>([
  ['addresses and their folds', ['To: a@b.test,', ' c@d.test', 'Content-Type: x/y'], 'Content-Type: x/y\r\n'],
  ['a field with folds of other fields', ['X: y', ' Content-Type: x/y', 'Subject: z'], ''],
  ['white space before a colon', ['Content-Type \t: x/y'], 'Content-Type \t: x/y\r\n'],
  ['a name that is folded before its colon', ['Content-Disposition', ' : attachment'], 'Content-Disposition\r\n : attachment\r\n'],
  ['a name with other octets before it', ['\u0000Content-Type: x/y'], '\u0000Content-Type: x/y\r\n'],
  ['other case', ['CONTENT-TYPE: x/y'], 'CONTENT-TYPE: x/y\r\n'],
  ['a log', Array.from({ length: 1000 }, (_, i) => `10:00:${i} something happened`), ''],
])('%s', (_what, header, kept) => {
  expect(thinned(lines(...header)).text).toBe(kept);
});

test('of a long line and of a long run of white space the beginning is kept, and the line end', () => {
  const header = `Content-Type: x/y; name="a${' '.repeat(100)}b"`;
  const long = thinned(lines(header, '', 'x'.repeat(5000), `-${'\t '.repeat(5000)}y`));
  expect(long.text).toBe(`Content-Type: x/y; name="a${' '.repeat(32)}b"\r\n\r\n${'x'.repeat(1024)}\n-${'\t '.repeat(16)}\n`);
});

test('a header with more Content fields than are read is cut', async () => {
  const header = `Content-Disposition: attachment;${' x=y;\r\n'.repeat(12_000)} filename=a.txt`;
  expect(thinned(lines(header, '', 'x')).cut).toBe(true);
  expect((await view(lines(header, '', 'x'))).cut).toBe(true);
});

test('an attachment behind 100,000 folded addresses is seen', async () => {
  const to = `To: ${'a@b.test,\r\n '.repeat(100_000)}c@d.test`;
  const message = lines(to, 'Content-Type: multipart/mixed; boundary=bb', '', '--bb', 'Content-Type: a/b; name=x.txt', '', 'x', '--bb--');
  expect(await view(message)).toMatchObject({ names: [{ name: 'x.txt' }], cut: false });
});
