import { describe, expect, it } from 'vitest';
import { isUnclearAuthor } from './verify-signatures.ts';

describe('an author that can be read in several ways', () => {
  it.each([
    '<a@sender.test> <b@evil.test>',
    'a@sender.test b@evil.test',
    'A <a@sender.test> b@evil.test',
    'A <a@sender.test> B <b@evil.test>',
    '<<a@sender.test>> <b@evil.test>',
    'a@sender\r\n .test',
    'A <a@sender .test>',
    'a @sender.test',
    '"x" a@sender.test',
    'a@sender.test, b@sender.test c@evil.test',
    'G: a@sender.test b@evil.test;',
  ])('From: %s', (value) => {
    expect(isUnclearAuthor(`From: ${value}\r\n`)).toBe(true);
  });

  it.each([
    'a@sender.test',
    '<a@sender.test>',
    'A B <a@sender.test>',
    'A B <a@sender.test> C',
    '"a@evil.test" <a@sender.test>',
    'a@evil.test <a@sender.test>',
    '"A <b@evil.test>" <a@sender.test>',
    'a@sender.test (b@evil.test)',
    '(b (c) "@evil.test) a@sender.test',
    '"a b"@sender.test',
    '\r\n A\r\n\t<a@sender.test>',
    'a@sender.test, b@sender.test',
    'G: a@sender.test, b@sender.test;',
    'undisclosed recipients:;',
    '=?utf-8?q?a=40evil.test_x?= <a@sender.test>',
    '<@relay.test:a@sender.test>',
    'A\\<b@evil.test\\> <a@sender.test>',
    '',
    'nobody at all',
  ])('not: %s', (value) => {
    expect(isUnclearAuthor(`From: ${value}\r\n`)).toBe(false);
  });

  it('takes time that grows with the length alone', () => {
    for (const piece of ['(', '"', '<', '@', ' ', '\\', 'a@b ', '<a> ', '),']) {
      const began = process.cpuUsage().user;
      isUnclearAuthor(`From: ${piece.repeat(200_000)}\r\n`);
      expect((process.cpuUsage().user - began) / 1000).toBeLessThan(1_000);
    }
  });
});
