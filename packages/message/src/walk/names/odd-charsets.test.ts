import { expect, test } from 'vitest';
import { decodeCharset } from './octets-to-text.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

test.each([
  ['cp037', hex('99a4954b85a785'), 'run.exe'],
  ['IBM-1047', hex('d9e4d54bc5e7c5'), 'RUN.EXE'],
  ['cp037', hex('4a99a4954b85a785'), '?run.exe'],
  ['unicode-escape', Buffer.from('run\\x2eexe'), 'run.exe'],
  ['raw_unicode_escape', Buffer.from('run\\u002eexe'), 'run.exe'],
  ['unicode_escape', Buffer.from('run\\56exe'), 'run.exe'],
  ['unicode_escape', Buffer.from('run\\U0011ffff.exe'), 'run.exe'],
  ['punycode', Buffer.from('run.exe-'), 'run.exe'],
  ['hz', Buffer.from('run.e~{~}xe'), 'run.exe'],
  ['iso-2022-kr', Buffer.from('run.e\u001b(Bxe'), 'run.exe'],
  ['utf7', Buffer.from('run+AC4-exe'), 'run.exe'],
  ['utf-7', Buffer.from('run+AC4-exe+-'), 'run.exe+'],
  ['unicode-1-1-utf-7', Buffer.from('run+AC4-exe'), 'run.exe'],
])('%s: %j is %s', (charset, octets, text) => {
  expect(decodeCharset(octets, charset)).toBe(text);
});

test.each([
  ['x-unknown', Buffer.from('Keller.pdf')],
  ['cp850', Buffer.from('K\u0081che.pdf', 'latin1')],
  ['unknown-8bit', Buffer.from('účet.pdf')],
  ['cp852', Buffer.from('KKKKKK')],
])('%s: %j is read as it stands', (charset, octets) => {
  const plain = octets.toString('utf8').includes('\ufffd') ? octets.toString('latin1') : octets.toString('utf8');
  expect(decodeCharset(octets, charset)).toBe(plain);
});
