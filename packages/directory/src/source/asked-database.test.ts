import { describe, expect, it } from 'vitest';
import { parseStatement, renderStatement } from './asked-database.ts';

const KNOWN = ['address', 'domain', 'local'];

describe('parseStatement', () => {
  it.each([
    ['UPDATE t SET a = :address', 'must be one SELECT statement'],
    ['SELECT 1; SELECT :address', 'must be one statement'],
    ['SELECT * FROM t WHERE a = ?', 'holds ? outside quotes'],
    ['SELECT * FROM t WHERE a = $1', 'holds $1 outside quotes'],
    ['SELECT * FROM t WHERE a = :adress', 'holds :adress; what it may hold is :address, :domain, :local'],
    ['SELECT * FROM t', 'it would read a whole table each time'],
    ["SELECT ':address' FROM t -- :address\n /* :address */", 'it would read a whole table each time'],
    ['', 'must be one SELECT statement'],
  ])('%s', (text, problem) => expect(parseStatement(text, KNOWN)).toContain(problem));
});

it('values are bound in the order in which they stand, for one set and for several', () => {
  const statement = parseStatement("SELECT a::text, ':x', `a:b` FROM t WHERE a = :address OR a = :domain AND b = :address;", KNOWN);
  if (typeof statement === 'string') throw new Error(statement);
  const one = { address: 'a@b', domain: 'b', local: 'a' };
  expect(renderStatement(statement, [one], 'dollar')).toEqual({
    sql: "SELECT a::text, ':x', `a:b` FROM t WHERE a = $1 OR a = $2 AND b = $3",
    values: ['a@b', 'b', 'a@b'],
  });
  const two = renderStatement(statement, [one, { ...one, address: 'c@b' }], 'question-mark');
  expect(two.sql.match(/UNION ALL/gu)).toHaveLength(1);
  expect(two.values).toEqual(['a@b', 'b', 'a@b', 'c@b', 'b', 'c@b']);
});
