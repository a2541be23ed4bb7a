import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLines, encodeReply, type Receipt } from './encode.ts';
import { REPLY_LINE_MAX } from './limits.ts';
import type { Refusal } from './reply.ts';

const said = (text: string): Refusal => `550 5.1.1 ${text}`;
const receipt: Receipt = { id: '0abc.1', panelUrl: 'https://panel.example' };

describe('encodeReply', () => {
  const rows: readonly [string, Refusal, Parameters<typeof encodeReply>[1], string][] = [
    ['plain', said('no'), {}, '550 5.1.1 no\r\n'],
    ['receipt', said('no'), { receipt }, '550 5.1.1 no https://panel.example/r/0abc.1\r\n'],
    ['receipt without panel', said('no'), { receipt: { id: '0abc.1' } }, '550 5.1.1 no (0abc.1)\r\n'],
    ['CR and LF', said('no\r\n250 2.0.0 yes'), {}, '550 5.1.1 no 250 2.0.0 yes\r\n'],
    ['NUL, escape, DEL, C1', said('a\u0000b\u001b[31mc\u007fd\u009be'), {}, '550 5.1.1 a b [31mc d e\r\n'],
    ['bidirectional', said('a\u202ecod.exe\u2066b'), { utf8: true }, '550 5.1.1 a cod.exe b\r\n'],
    ['line separators', said('a\u2028b\u2029c'), { utf8: true }, '550 5.1.1 a b c\r\n'],
    ['trailing white space', said('no \r\n'), {}, '550 5.1.1 no\r\n'],
    ['outside ASCII', said('žofie 😀'), {}, '550 5.1.1 ?ofie ?\r\n'],
    ['outside ASCII, asked for', said('žofie 😀'), { utf8: true }, '550 5.1.1 žofie 😀\r\n'],
    ['receipt with line ends', said('no'), { receipt: { id: 'a\r\nb' } }, '550 5.1.1 no (a b)\r\n'],
  ];
  it.each(rows)('%s', (_name, reply, options, line) => expect(encodeReply(reply, options)).toBe(line));

  it('cuts a long text before the receipt', () => {
    const line = encodeReply(said('x'.repeat(2000)), { receipt });
    expect(Buffer.byteLength(line)).toBe(REPLY_LINE_MAX);
    expect(line.endsWith('x https://panel.example/r/0abc.1\r\n')).toBe(true);
  });

  it('keeps the address whole or leaves it out, however long its host is', () => {
    const id = '1ngjaa4sxaxadts8gmmrjw5mw9gqac2fs';
    for (let length = 4; length <= 253; length += 1) {
      const panelUrl = `https://${`${'p'.repeat(60)}.`.repeat(5).slice(0, length - 1)}x`;
      for (const text of ['no', 'x'.repeat(480), 'ž'.repeat(300)]) {
        const line = encodeReply(said(text), { receipt: { id, panelUrl }, utf8: true });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(REPLY_LINE_MAX);
        expect(line.endsWith(` ${panelUrl}/r/${id}\r\n`) || line.endsWith(` (${id})\r\n`)).toBe(true);
      }
    }
  });

  it('splits no character', () => {
    for (let shift = 0; shift < 4; shift += 1) {
      const line = encodeReply(said(`${'a'.repeat(shift)}${'😀'.repeat(400)}`), { utf8: true });
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(REPLY_LINE_MAX);
      expect(line).not.toContain('\ufffd');
    }
  });

  it('leaves the panel out, then the receipt, rather than the reply', () => {
    const panelUrl = `https://${'p'.repeat(600)}.example`;
    expect(encodeReply(said('no'), { receipt: { id: 'id', panelUrl } })).toBe('550 5.1.1 no (id)\r\n');
    expect(encodeReply(said('no'), { receipt: { id: 'i'.repeat(600) } })).toBe('550 5.1.1 no\r\n');
  });

  it('gives one line within the bound, whatever the text and the receipt', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 1500 });
    fc.assert(
      fc.property(anyText, anyText, anyText, fc.boolean(), (text, id, panelUrl, utf8) => {
        const line = encodeReply(said(text), { receipt: { id, panelUrl }, utf8 });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(REPLY_LINE_MAX);
        expect(line).toMatch(utf8 ? /^550 5\.1\.1[^\u0000-\u001f\u007f-\u009f]*\r\n$/u : /^550 5\.1\.1[\u0020-\u007e]*\r\n$/u);
      }),
    );
  });
});

describe('encodeLines', () => {
  it.each<[readonly string[], string]>([
    [['mx.example'], '250 mx.example\r\n'],
    [['mx.example', 'SIZE 10', 'PIPELINING'], '250-mx.example\r\n250-SIZE 10\r\n250 PIPELINING\r\n'],
    [['', 'a\r\n221 b'], '250-\r\n250 a 221 b\r\n'],
  ])('%j', (lines, text) => expect(encodeLines(250, lines)).toBe(text));
});
