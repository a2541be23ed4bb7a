import { describe, expect, it } from 'vitest';
import { readDomains, readEntries } from './read-rows.ts';
import type { SqlRow } from './sql.ts';

const mailbox = (address: string, others: SqlRow = {}): SqlRow => ({ kind: 'mailbox', address, target: null, ...others });
const alias = (address: string, target: string): SqlRow => ({ kind: 'alias', address, target });
const plain = (address: string) => ({ address, usedBytes: 0, antispam: false, enabled: true });

describe('readEntries', () => {
  it('normalises addresses, and keeps those apart that a database takes for the same', () => {
    const found = readEntries([mailbox('M\u00fcller@One.TEST'), mailbox('muller@one.test')]);
    expect([...found.keys()]).toEqual(['müller@one.test', 'muller@one.test']);
  });

  it.each<[what: string, rows: readonly SqlRow[], entry: unknown]>([
    [
      'a mailbox that is an alias of itself',
      [mailbox('a@one.test'), alias('a@one.test', 'A@one.test')],
      { kind: 'mailbox', mailbox: plain('a@one.test') },
    ],
    [
      'a mailbox with a copy to another',
      [mailbox('a@one.test'), alias('a@one.test', 'a@one.test, b@one.test')],
      { kind: 'alias', targets: ['b@one.test'], own: plain('a@one.test') },
    ],
    [
      'a mailbox whose mail goes to another',
      [mailbox('a@one.test'), alias('a@one.test', 'b@one.test')],
      { kind: 'alias', targets: ['b@one.test'] },
    ],
    [
      'a disabled mailbox with a copy to another',
      [mailbox('a@one.test', { enabled: 'n' }), alias('a@one.test', 'a@one.test\r\nb@one.test')],
      { kind: 'alias', targets: ['b@one.test'] },
    ],
    ['an alias of nothing but itself', [alias('a@one.test', 'a@one.test')], undefined],
    ['a program', [alias('a@one.test', '|/usr/bin/list')], { kind: 'alias', targets: ['|/usr/bin/list'] }],
    [
      'values as drivers give them',
      [mailbox('a@one.test', { quota_bytes: '1000', used_bytes: 5n, antispam: Buffer.from('1'), enabled: true, store: 'lmtp://b:24' })],
      { kind: 'mailbox', mailbox: { ...plain('a@one.test'), quotaBytes: 1000, usedBytes: 5, antispam: true, store: 'lmtp://b:24' } },
    ],
    [
      'a target that stands for something else, beside a place for mail',
      [alias('a@one.test', 'b@one.test,null@localhost')],
      { kind: 'alias', targets: ['b@one.test'] },
    ],
    [
      'a target that stands for something else, alone',
      [alias('a@one.test', 'null@localhost')],
      { kind: 'alias', targets: ['null@localhost'] },
    ],
    [
      'such a target of a mailbox',
      [mailbox('a@one.test'), alias('a@one.test', 'null@localhost')],
      { kind: 'mailbox', mailbox: plain('a@one.test') },
    ],
    ['no limit written as 0 or -1', [mailbox('a@one.test', { quota_bytes: -1 })], { kind: 'mailbox', mailbox: plain('a@one.test') }],
  ])('%s', (_what, rows, entry) => {
    const ignored = (target: string): boolean => target === 'null@localhost';
    expect(readEntries(rows, { ignored }).get('a@one.test')).toEqual(entry);
  });

  it.each([
    [[{ kind: 'mailbox' }], 'the statement gives no column address; it gives kind'],
    [[{ kind: 'list', address: 'a@one.test' }], 'column kind holds list'],
    [[mailbox('a@one.test', { quota_bytes: 'much' })], 'column quota_bytes holds much'],
    [[mailbox('a@one.test', { enabled: 'maybe' })], 'column enabled holds maybe'],
  ])('a wrong column is a fault that names it: %#', (rows, says) => expect(() => readEntries(rows)).toThrow(says));
});

it('a domain with two rows is an alias when one of them says so, and nonsense is passed over', () => {
  const rows = [{ name: 'One.test', alias_of: null }, { name: 'one.test', alias_of: 'Two.test' }, { name: 'a b' }];
  expect([...readDomains(rows).values()]).toEqual([{ name: 'one.test', letter: 'd', aliasOf: 'two.test' }]);
  expect(() => readDomains([{ name: 'one.test', letter: 'x' }])).toThrow('column letter holds x');
});
