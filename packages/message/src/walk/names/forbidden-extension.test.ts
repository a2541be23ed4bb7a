import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FORBIDDEN_EXTENSIONS, forbiddenExtension, openedForms } from './forbidden-extension.ts';

const long = 'x'.repeat(130);

const ROWS: readonly (readonly [name: string, extension: string | undefined])[] = [
  ['a.exe', '.exe'],
  ['A.EXE', '.exe'],
  ['.exe', '.exe'],
  ['a.pdf.exe', '.exe'],
  ['a.exe.pdf', undefined],
  ['exe', undefined],
  ['a.exe2', undefined],
  ['a.json', undefined],
  ['a.exe.', '.exe'],
  ['a.exe. . .', '.exe'],
  ['a.exe\t', '.exe'],
  ['a.exe\u00a0', '.exe'],
  ['a.exe\0.txt', '.exe'],
  ['a.e\0xe', '.exe'],
  ['a.txt\0.exe', '.exe'],
  ['a.e\u200bxe', '.exe'],
  ['a.exe\u200f', '.exe'],
  ['\u202etxt.exe', '.exe'],
  ['a\u202egpj.exe', '.exe'],
  ['a.e\u00adxe', '.exe'],
  ['a.exe\ufeff', '.exe'],
  ['a.e\u{e0001}xe', '.exe'],
  ['a.\uff45\uff58\uff45', '.exe'],
  ['a\uff0eexe', '.exe'],
  ['a\u2024exe', '.exe'],
  ['a.\u24d4\u24e7\u24d4', '.exe'],
  ['C:\\temp\\a.exe', '.exe'],
  ['/tmp/a.exe', '.exe'],
  ['a.exe/', '.exe'],
  ['a.exe\\', '.exe'],
  ['a.exe/b.txt', undefined],
  ['..\\..\\a.exe', '.exe'],
  ['a.exe::$DATA', '.exe'],
  ['a.exe:$DATA', '.exe'],
  ['a.txt:b.exe', '.exe'],
  ['a.exe:b.txt', '.exe'],
  ['a.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}', '.hta'],
  ['=?utf-8?Q?a=2Eexe?=', '.exe'],
  ['=?utf-8?B?YS5leGU=?=', '.exe'],
  ['a%2Eexe', '.exe'],
  ['a%252Eexe', '.exe'],
  ['a.exe%00.txt', '.exe'],
  ['a.exe%20', '.exe'],
  ['100%.pdf', undefined],
  ['"a.exe"', '.exe'],
  ["'a.exe'", '.exe'],
  ['a.exe"', '.exe'],
  ['a.exe;', '.exe'],
  ['<a.exe>', '.exe'],
  ['a.exe?', '.exe'],
  ['a.exe*', '.exe'],
  ['a.exe|', '.exe'],
  ['(a.exe)', '.exe'],
  [`${long}.exe`, '.exe'],
  [`${long}.exe.txt`, '.exe'],
  [`${long}.exe${' '.repeat(200)}.txt`, '.exe'],
  [`a.exe${' '.repeat(50)}.txt`, undefined],
  ['invoice.com', '.com'],
  ['a.JS', '.js'],
  ['a.\u017fcr', '.scr'],
  ['', undefined],
  ['.', undefined],
  ['report.docx', undefined],
];

test.each(ROWS)('%j', (name, extension) => {
  expect(forbiddenExtension(name)).toBe(extension);
});

test.each(FORBIDDEN_EXTENSIONS)('every extension of the list counts: %s', (extension) => {
  expect(forbiddenExtension(`a${extension.toUpperCase()} `)).toBe(extension);
});

test('the list is the caller’s', () => {
  expect(forbiddenExtension('a.exe', ['.lnk'])).toBeUndefined();
  expect(forbiddenExtension('a.lnk', ['.lnk'])).toBe('.lnk');
});

test('a name of a million characters is looked at from both ends', () => {
  expect(forbiddenExtension(`${'%'.repeat(1_000_000)}.exe`)).toBe('.exe');
});

test('names that need no decoding are judged as their opened forms are', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '.exe',
      '.EXE',
      'exe',
      '.',
      '/',
      '\\',
      ' ',
      '-',
      '_',
      '(',
      ')',
      '}',
      '"',
      "'",
      ';',
      '<',
      '%',
      '%2E',
      ':',
      '?',
      '=?',
      '~',
      '\0',
    ),
    fc.string({ maxLength: 3 }),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const name = pieces.join('');
      const extensions = openedForms(name).map((form) => (form.includes('.') ? form.slice(form.lastIndexOf('.')) : ''));
      expect(forbiddenExtension(name)).toBe(extensions.find((one) => FORBIDDEN_EXTENSIONS.includes(one)));
    }),
    { numRuns: 5_000 },
  );
});

test.each([[' '], ['"'], ['/ ']])('a long run of %j costs time with its length, not with the square of it', { timeout: 2_000 }, (piece) => {
  const name = `${piece.repeat(8_000 / piece.length)}x.exe`;
  for (let count = 0; count < 60; count += 1) expect(forbiddenExtension(name)).toBe('.exe');
});
