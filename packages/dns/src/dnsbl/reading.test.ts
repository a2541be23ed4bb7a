import { expect, test } from 'vitest';
import type { Answer } from '../port.ts';
import { readListAnswer } from './list-query.ts';

const found = (...records: string[]): Answer<'A'> => ({ kind: 'found', records, ttlSeconds: 60, authentic: false });
const COUNTED = ['127.0.0.2', '127.0.0.4'];

test.each<readonly [string, Answer<'A'>, object]>([
  ['a counted code', found('127.0.0.2'), { kind: 'listed', codes: ['127.0.0.2'] }],
  ['counted codes and another', found('127.0.0.4', '127.0.0.10', '127.0.0.2'), { kind: 'listed', codes: ['127.0.0.4', '127.0.0.2'] }],
  ['a code that is not counted', found('127.0.0.10'), { kind: 'not-listed', otherCodes: ['127.0.0.10'] }],
  ['no such name', { kind: 'nxdomain', ttlSeconds: 60, authentic: false }, { kind: 'not-listed', otherCodes: [] }],
  ['no such record', { kind: 'nodata', ttlSeconds: 60, authentic: false }, { kind: 'not-listed', otherCodes: [] }],
  ['blocked resolver', found('127.255.255.254'), { kind: 'fault', detail: 'it answers 127.255.255.254, which no listing is' }],
  ['a typing error', found('127.255.255.252'), { kind: 'fault', detail: 'it answers 127.255.255.252, which no listing is' }],
  ['blocked, beside a counted code', found('127.0.0.2', '127.255.255.255'), { kind: 'fault' }],
  ['somebody answers in its place', found('198.51.100.7'), { kind: 'fault', detail: 'it answers 198.51.100.7, which no listing is' }],
  ['the same, beside a counted code', found('127.0.0.2', '198.51.100.7'), { kind: 'fault' }],
  ['nearly 127', found('12.7.0.2'), { kind: 'fault' }],
  ['time-out', { kind: 'fault', fault: 'timeout', detail: '' }, { kind: 'fault', detail: 'timeout' }],
  ['SERVFAIL', { kind: 'fault', fault: 'servfail', detail: '' }, { kind: 'fault', detail: 'servfail' }],
])('%s', (_what, answer, expected) => {
  expect(readListAnswer(answer, COUNTED)).toMatchObject(expected);
});

test('127.255.255.x is the list’s fault even when somebody counts it', () => {
  expect(readListAnswer(found('127.255.255.254'), ['127.255.255.254'])).toMatchObject({ kind: 'fault' });
});
