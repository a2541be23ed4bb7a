import { anything, assert, property, string, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText, decodeText, describeBug, describeError, hasUnsafe, quoteText } from './index.ts';

const anyText = string({ unit: 'binary' });

describe('an error in words', () => {
  const nested = new AggregateError([new AggregateError([1], 'inner'), new Error('outer')]);
  test.each([
    ['an error', new Error('no such file'), 'no such file'],
    ['an error without a message', new TypeError(''), 'TypeError'],
    ['a string', 'gone', 'gone'],
    ['nothing', undefined, 'undefined'],
    ['a symbol', Symbol('x'), 'Symbol(x)'],
    ['several errors', new AggregateError([new Error('a'), 'b'], 'both failed'), 'a; b'],
    ['an aggregate of none', new AggregateError([], 'none'), 'none'],
    ['an aggregate in an aggregate', nested, 'AggregateError; outer'],
    ['many errors', new AggregateError(Array.from({ length: 11 }, (_one, i) => i)), '0; 1; 2; 3; 4; 5; 6; 7; and 3 more'],
    ['an object without a prototype', Object.create(null), 'object'],
  ])('%s', (_what, error, words) => {
    expect(describeError(error)).toBe(words);
  });

  test('whatever is thrown, it says something and throws nothing', () => {
    assert(property(anything({ withNullPrototype: true }), (value) => typeof describeError(value) === 'string'));
  });

  test('a bug has its stack', () => {
    expect(describeBug(new Error('x'))).toMatch(/^Error: x\n {4}at /u);
    const bare = new Error('bare');
    delete bare.stack;
    expect(describeBug(bare)).toBe('bare');
    expect(describeBug('text')).toBe('text');
  });
});

describe('octets as text', () => {
  test('UTF-8 where it is, Latin-1 where it is not; nothing is lost', () => {
    expect(decodeText(Buffer.from('é'))).toBe('é');
    expect(decodeText(Buffer.from([0x61, 0xe9]))).toBe('aé');
    assert(property(uint8Array(), (octets) => decodeText(octets).length <= octets.length));
  });
});

describe('cleaning', () => {
  test.each([
    ['plain text stays', 'Grüße, мир', {}, 'Grüße, мир'],
    ['a run becomes one space', 'a\r\n\u0000b', {}, 'a b'],
    ['marks that reorder or hide text', 'a\u202eb\u200bc\u2066d\ufeffe\u061cf', {}, 'a b c d e f'],
    ['a lone surrogate', 'a\ud800b', { instead: '?' }, 'a?b'],
    ['a pair stays', 'a\u{1f600}b', {}, 'a\u{1f600}b'],
    ['ASCII only', 'a\u{1f600}é\tb', { ascii: true, instead: '?' }, 'a?b'],
    ['too long', 'abcdef', { max: 3 }, 'abc'],
    ['too long, and says so', 'abcdef', { max: 3, more: '…' }, 'abc…'],
    ['just long enough', 'abc', { max: 3, more: '…' }, 'abc'],
    ['no half of a pair at the end', 'ab\u{1f600}c', { max: 3 }, 'ab'],
    ['short after cleaning, but not all of it', '\n'.repeat(100), { max: 3, more: '…' }, ' …'],
  ] as const)('%s', (_what, text, cleaning, clean) => {
    expect(cleanText(text, cleaning)).toBe(clean);
  });

  test('what is clean holds nothing unsafe, is bounded, and stays as it is', () => {
    assert(
      property(anyText, (text) => {
        const clean = cleanText(text, { max: 20, instead: '?' });
        expect(hasUnsafe(clean)).toBe(false);
        expect(clean.length).toBeLessThanOrEqual(20);
        expect(cleanText(clean, { max: 20 })).toBe(clean);
      }),
    );
  });

  test('a quotation is one line of bounded ASCII', () => {
    expect(quoteText('550 no\r\nway "x" é', 200)).toBe('"550 no?way "x" ?"');
    expect(quoteText('abcdef', 3)).toBe('"abc..."');
    assert(property(anyText, (text) => /^"[\u0020-\u007e]{0,23}"$/u.test(quoteText(text, 20))));
  });

  test('a hostile megabyte costs little', () => {
    expect(cleanText('\u0000a'.repeat(1_000_000), { max: 100 })).toHaveLength(100);
  });
});
