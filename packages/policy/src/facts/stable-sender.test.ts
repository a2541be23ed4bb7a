import { parseAddress } from '@vratny/smtp';
import { describe, expect, it } from 'vitest';
import { stableSender } from './stable-sender.ts';

function stable(written: string): string {
  if (written === '') return stableSender(null);
  const address = parseAddress(written, { utf8: true });
  if (typeof address === 'string') throw new Error(`${written}: ${address}`);
  return stableSender(address);
}

/** Addresses of one sender in each row, with the words in common that its key must have. */
const SAME: readonly (readonly [what: string, key: string, ...addresses: string[]])[] = [
  ['as it is', 'bob@example.net', 'bob@example.net', 'BOB@example.net'],
  ['an extension', 'bob@example.net', 'bob+a@example.net', 'bob+b@example.net'],
  ['VERP after a plus', 'bounces@list.example', 'bounces+alice=one.example@list.example', 'bounces+12-3f-bob=two.example@list.example'],
  [
    'VERP of ezmlm',
    'list-return-#@list.example',
    'list-return-12-alice=one.example@list.example',
    'list-return-13-b-ob=two.example@list.example',
  ],
  [
    'VERP without a number',
    'news-bounces@list.example',
    'news-bounces-alice=one.example@list.example',
    'news-bounces-bob=two.example@list.example',
  ],
  ['numbers', 'bounce-#@list.example', 'bounce-123-4567@list.example', 'bounce-124-99@list.example'],
  [
    'identifiers of SES',
    '#@ses.example',
    '0100018f2f1d2c3b-6a1b2c3d-1234-000000@ses.example',
    '0100018f2f1d2c3c-7a1b2c3d-9876-000000@ses.example',
  ],
  [
    'BATV',
    'bob@example.net',
    'prvs=0123456789=bob@example.net',
    'prvs=1123ab6789=bob@example.net',
    'btv1==012ab3==bob@example.net',
    'bob@example.net',
  ],
  [
    'SRS0',
    'srs=origin.example=bob@fwd.example',
    'SRS0=HHHH=TT=origin.example=bob@fwd.example',
    'SRS0=AbC1=Zz=origin.example=bob@fwd.example',
  ],
  [
    'SRS1',
    'srs=origin.example=bob@fwd.example',
    'SRS1=HHHH=first.example==HHH=TT=origin.example=bob@fwd.example',
    'SRS1=XXXX=first.example==HYH=TU=origin.example=bob@fwd.example',
  ],
  ['no sender', '', ''],
];

describe('stableSender', () => {
  it.each(SAME)('%s: %s', (_what, key, ...addresses) => {
    expect(addresses.map(stable)).toEqual(addresses.map(() => key));
  });

  it('keeps senders apart that are not one', () => {
    const apart = [
      'bob@example.net',
      'alice@example.net',
      'bob@example.org',
      'bob2@example.net',
      'prvs=0123456789=eve@example.net',
      'SRS0=H=T=other.example=bob@fwd.example',
      '',
    ];
    expect(new Set(apart.map(stable)).size).toBe(apart.length);
  });

  it('takes time linear in what a stranger wrote', () => {
    const written = `${'srs0=a'.repeat(10)}@example.net`.slice(-76);
    expect(stable(written)).toContain('@example.net');
  });
});
