import { describe, expect, test } from 'vitest';
import { readHeader } from './header.ts';
import { findRemovals, readAuthservId } from './removals.ts';
import { contentOf } from './spool.ts';

const OURS = 'mx1.example.net';

async function removed(message: string): Promise<string[]> {
  const header = await readHeader(contentOf(Buffer.from(message)));
  return findRemovals(header, OURS).map(({ start, end }) => message.slice(start, end));
}

describe('forged Authentication-Results', () => {
  test.each([
    ['mx1.example.net; spf=pass', true],
    ['MX1.Example.NET; spf=pass', true],
    ['mx1.example.net. ; spf=pass', true],
    ['mx1.example.net 1; spf=pass', true],
    ['mx1.example.net/1; spf=pass', true],
    ['mx1.example.net', true],
    ['mx1.example.net(c); spf=pass', true],
    ['"mx1.example.net"; spf=pass', true],
    ['"mx1\\.example.net"; spf=pass', true],
    ['(a (nested \\) one)) mx1.example.net; spf=pass', true],
    ['\r\n (folded)\r\n\tmx1.example.net;\r\n spf=pass', true],
    ['(never ends mx1.example.net; spf=pass', true],
    ['"mx1.example.net; spf=pass', true],
    [`(${'x'.repeat(70_000)}) mx1.example.net; spf=pass`, true],
    [`${' '.repeat(70_000)}mx1.example.net; spf=pass`, true],
    ['mx2.example.net; spf=pass', false],
    ['evil.mx1.example.net; spf=pass', false],
    ['mx1.example.network; spf=pass', false],
    ['other.example; spf=pass (mx1.example.net)', false],
    ['(mx1.example.net) other.example; spf=pass', false],
    ['unreadable; spf=pass', false],
    ['; spf=pass', false],
    ['', false],
  ])('%.60j: removed %s', async (value, gone) => {
    const field = `Authentication-Results: ${value}\r\n`;
    expect(await removed(`A: 1\r\n${field}B: 2\r\n\r\nbody\r\n`)).toEqual(gone ? [field] : []);
  });

  test.each(['ARC-Authentication-Results', 'X-Authentication-Results', 'Authentication-Result'])('%s is left alone', async (name) => {
    expect(await removed(`${name}: mx1.example.net; spf=pass\r\n\r\n`)).toEqual([]);
  });

  test('an id that is nothing but comments is no id', () => {
    expect(readAuthservId(' (only a comment) ')).toEqual({ kind: 'absent' });
  });
});

test('every X-Spam- field goes; neighbours become one range; the body stays', async () => {
  const message =
    'X-Spam-Flag: NO\r\nx-spam-status: No,\r\n score=-5\r\nA: 1\r\nX-Spam: x\r\nno field\r\nX-SPAM-Level : *\r\n\r\nX-Spam-Flag: NO\r\n';
  expect(await removed(message)).toEqual(['X-Spam-Flag: NO\r\nx-spam-status: No,\r\n score=-5\r\n', 'X-SPAM-Level : *\r\n']);
});

test.each<[string, string, readonly string[]]>([
  ['one', 'A: 1\r\nReturn-Path: <x@y>\r\nB: 2\r\n\r\n', ['Return-Path: <x@y>\r\n']],
  ['two, of any case', 'RETURN-PATH: a\r\nreturn-path: b\r\nB: 2\r\n\r\n', ['RETURN-PATH: a\r\nreturn-path: b\r\n']],
  ['folded', 'Return-Path:\r\n <x@y>\r\n\r\n', ['Return-Path:\r\n <x@y>\r\n']],
  ['white space before its colon', 'Return-Path \t: x\r\n\r\n', ['Return-Path \t: x\r\n']],
  ['folded before its colon', 'A: 1\r\nReturn-Path\r\n : x\r\n\r\n', ['Return-Path\r\n : x\r\n']],
  ['empty', 'Return-Path:\r\n\r\n', ['Return-Path:\r\n']],
  ['after a line that is no field', 'no field\r\nReturn-Path: x\r\n\r\n', ['Return-Path: x\r\n']],
  ['in the body', 'A: 1\r\n\r\nReturn-Path: x\r\n', []],
  ['another name', 'X-Return-Path: x\r\nReturn-Paths: y\r\n\r\n', []],
])('Return-Path goes: %s', async (_what, message, gone) => {
  expect(await removed(message)).toEqual(gone);
});

test.each<[string, string, readonly string[]]>([
  ['a fold of nothing', ' ; dkim=pass\r\nA: 1\r\n\r\n', [' ; dkim=pass\r\n']],
  ['several', '\tx\r\n \r\n y\r\nA: 1\r\n\r\n', ['\tx\r\n \r\n y\r\n']],
  ['a field behind white space', ' Return-Path: x\r\nReturn-Path: y\r\nA: 1\r\n\r\n', [' Return-Path: x\r\nReturn-Path: y\r\n']],
  ['nothing else in the header', ' x\r\n\r\nbody\r\n', [' x\r\n']],
  ['nothing else at all', ' x\r\n', [' x\r\n']],
])('lines that would fold what we put before them go: %s', async (_what, message, gone) => {
  expect(await removed(message)).toEqual(gone);
});
