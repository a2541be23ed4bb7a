import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAD_MAX } from './limits.ts';
import { readVerbs } from './session.ts';

const read = (text: string, max = 100, stopAtTls = false) => readVerbs('', Buffer.from(text, 'latin1'), max, stopAtTls);

describe('commands of a chunk', () => {
  it.each([
    ['EHLO a\r\nquit\r\n', 'EQ', ''],
    ['HELO\r\nStartTLS\r\n', 'HS', ''],
    ['EHLOX\r\nSTARTTLSX\r\nQUITE\r\n', 'XXX', ''],
    ['QUIT now\r\n', 'Q', ''],
    ['\r\n\n \r\n\0\r\n', 'XXXX', ''],
    ['MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDA', 'XX', 'DA'],
    ['MAIL FROM:<someone@example.net>', '', 'MAIL FROM'],
    ['', '', ''],
  ])('%j', (text, verbs, head) => {
    expect(read(text)).toEqual({ verbs, head });
  });

  it('no more than there is room for', () => {
    expect(read('NOOP\r\n'.repeat(1000), 3)).toEqual({ verbs: 'XXX', head: '' });
    expect(read('NOOP\r\n', 0)).toEqual({ verbs: '', head: '' });
  });

  it('nothing behind a STARTTLS that is followed', () => {
    expect(read('EHLO a\r\nSTARTTLS\r\nQUIT\r\nNO', 100, true)).toEqual({ verbs: 'ES', head: '' });
    expect(read('EHLO a\r\nSTARTTLS\r\nQUIT\r\nNO', 100, false)).toEqual({ verbs: 'ESQ', head: 'NO' });
  });

  it('the same however the bytes are split, and never more than a few letters kept', () => {
    const line = fc.constantFrom(
      'EHLO a\r\n',
      'QUIT\r\n',
      'STARTTLS\r\n',
      'NOOP\n',
      `MAIL FROM:<${'x'.repeat(50)}>\r\n`,
      '\r\n',
      '\u00ff\u0000\r\n',
      'HE',
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
        const bytes = Buffer.from(lines.join(''), 'latin1');
        let [verbs, head, rest] = ['', '', bytes];
        for (const cut of [...cuts, bytes.length]) {
          const reading = readVerbs(head, rest.subarray(0, cut), 1000, false);
          verbs += reading.verbs;
          head = reading.head;
          rest = rest.subarray(cut);
          expect(head.length).toBeLessThanOrEqual(HEAD_MAX);
        }
        expect({ verbs, head }).toEqual(readVerbs('', bytes, 1000, false));
      }),
    );
  });
});
