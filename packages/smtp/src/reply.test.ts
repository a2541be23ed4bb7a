import { describe, expect, it } from 'vitest';
import {
  closesConnection,
  codeOf,
  type Delay,
  isObjection,
  isRefusal,
  type Plain,
  type Refusal,
  type Reply,
  type Success,
} from './reply.ts';

const REPLIES: readonly [Reply, number, { objection: boolean; refusal: boolean; closes: boolean }][] = [
  ['220 mx.example ESMTP', 220, { objection: false, refusal: false, closes: false }],
  ['221 2.0.0 goodbye', 221, { objection: false, refusal: false, closes: true }],
  ['250 2.1.0 sender noted', 250, { objection: false, refusal: false, closes: false }],
  ['354 go ahead', 354, { objection: false, refusal: false, closes: false }],
  ['421 4.3.2 going down', 421, { objection: true, refusal: false, closes: true }],
  ['451 4.4.3 later', 451, { objection: true, refusal: false, closes: false }],
  ['550 5.1.1 nobody', 550, { objection: true, refusal: true, closes: false }],
  ['554 5.7.1 no', 554, { objection: true, refusal: true, closes: false }],
];

describe('reply', () => {
  it.each(REPLIES)('%s', (reply, code, is) => {
    expect(codeOf(reply)).toBe(code);
    expect({ objection: isObjection(reply), refusal: isRefusal(reply), closes: closesConnection(reply) }).toEqual(is);
  });
});

describe('reply types (checked by tsc)', () => {
  it('carry their class', () => {
    const refusal: Refusal = '550 5.1.1 x';
    const delay: Delay = '451 4.3.0 x';
    const success: Success = '250 2.1.5 x';
    const plain: Plain = '354 x';
    // @ts-expect-error a delay is no refusal
    const delayAsRefusal: Refusal = '450 4.7.1 x';
    // @ts-expect-error a refusal is no delay
    const refusalAsDelay: Delay = '550 5.7.1 x';
    // @ts-expect-error code and enhanced code are of one class
    const mixed: Refusal = '550 4.7.1 x';
    // @ts-expect-error a refusal has an enhanced code
    const bare: Refusal = '550 no';
    // @ts-expect-error any text is no reply
    const text: Reply = 'hello' as string;
    expect([refusal, delay, success, plain, delayAsRefusal, refusalAsDelay, mixed, bare, text]).toHaveLength(9);
  });
});
