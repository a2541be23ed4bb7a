import { expect, it } from 'vitest';
import { compareAsked, describeAsked } from './asked.ts';

const one = { kind: 'mysql', database: 'mail', servers: ['db1:3306', 'db2:3306'], user: 'reader', statements: ['SELECT 1'] } as const;
const overlay = { kind: 'postgres', database: 'ours', servers: ['db3:5432'], user: 'vratny', statements: [] } as const;
const HELD = describeAsked(one, overlay);

it.each([
  ['the same', describeAsked(one, overlay), 'same'],
  ['in another order', describeAsked({ ...one, servers: one.servers.toReversed() }, overlay), 'same'],
  ['a server more', describeAsked({ ...one, servers: [...one.servers, 'db4:3306'] }, overlay), 'changed'],
  ['another statement', describeAsked({ ...one, statements: ['SELECT 2'] }, overlay), 'changed'],
  ['another user', describeAsked({ ...one, user: 'other' }, overlay), 'changed'],
  ['without the overlay', describeAsked(one), 'changed'],
  ['another overlay', describeAsked(one, { ...overlay, database: 'theirs' }), 'changed'],
  ['other servers', describeAsked({ ...one, servers: ['staging:3306'] }, overlay), 'other'],
  ['another database of the server', describeAsked({ ...one, database: 'other' }, overlay), 'other'],
  ['another kind', describeAsked({ ...one, kind: 'postgres' }, overlay), 'other'],
])('a copy is compared with what is asked now: %s', (_what, wanted, expected) => {
  expect(compareAsked(HELD, wanted)).toBe(expected);
});

it('a copy that says nothing of it, or nothing sensible, is of another database', () => {
  for (const held of [null, undefined, '', 'x', '[]', '{}']) expect(compareAsked(held, HELD)).toBe('other');
});

it('a file is the same by its path', () => {
  const file = { kind: 'sqlite', database: '/a.db', servers: [], user: '', statements: [1] } as const;
  expect(compareAsked(describeAsked(file), describeAsked({ ...file, statements: [2] }))).toBe('changed');
  expect(compareAsked(describeAsked(file), describeAsked({ ...file, database: '/b.db' }))).toBe('other');
});
