import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READ_AHEAD_BYTES } from '../limits.ts';
import { type Line, MxStream, type StreamReader } from './stream.ts';

/** A reader that writes down what it gets; the line DATA begins a message. */
function recorder(hooks: { readonly onLine?: (text: string) => Promise<void> | void } = {}) {
  const seen: string[] = [];
  const reader: StreamReader = {
    async onLine(line: Line) {
      const text = line.text.toString('latin1');
      seen.push(`${line.oddity ?? 'line'}:${text}`);
      await hooks.onLine?.(text);
      if (text === 'DATA') stream.receive(sink());
    },
    onEnd: () => void seen.push('end'),
  };
  const sink = () => {
    const bytes: string[] = [];
    return {
      write: async (chunk: Buffer) => void bytes.push(chunk.toString('latin1')),
      end: async () => void seen.push(`message:${bytes.join('')}`),
    };
  };
  const stream: MxStream = new MxStream(reader);
  return { seen, stream };
}

/** What the library does when the connection closes. */
function shut(stream: MxStream): void {
  stream.isClosed = true;
}

async function feed(stream: MxStream, chunks: readonly (Buffer | string)[]): Promise<void> {
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'finish');
}

const SESSION = 'EHLO x\r\nDATA\r\n..a\r\n.\r\nNOOP\r\nDATA\r\nb\r\n.\r\nQUIT\r\n';
const SEEN = ['line:EHLO x', 'line:DATA', 'message:.a\r\n', 'line:NOOP', 'line:DATA', 'message:b\r\n', 'line:QUIT', 'end'];

describe('the stream', () => {
  it('reads the same however the octets are split', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(SESSION.length), { maxLength: 20 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), SESSION.length];
        const { seen, stream } = recorder();
        await feed(
          stream,
          at.slice(1).map((end, i) => SESSION.slice(at[i], end)),
        );
        expect(seen).toEqual(SEEN);
      }),
      { numRuns: 200 },
    );
  });

  it('knows where each line and each piece of a message began, however the octets are split', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(SESSION.length), { maxLength: 20 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), SESSION.length];
        const lines: [string, number][] = [];
        const pieces: number[] = [];
        const stream: MxStream = new MxStream({
          onLine: async ({ text, from }) => {
            lines.push([text.toString('latin1'), from]);
            const sink = { write: async (_: Buffer, octets: number) => void pieces.push(octets), end: async () => undefined };
            if (text.equals(Buffer.from('DATA'))) stream.receive(sink);
          },
          onEnd: () => undefined,
        });
        await feed(
          stream,
          at.slice(1).map((end, i) => SESSION.slice(at[i], end)),
        );
        expect(lines).toEqual([
          ['EHLO x', 0],
          ['DATA', SESSION.indexOf('DATA')],
          ['NOOP', SESSION.indexOf('NOOP')],
          ['DATA', SESSION.lastIndexOf('DATA')],
          ['QUIT', SESSION.indexOf('QUIT')],
        ]);
        const begins = [0, ...cuts, SESSION.indexOf('..a'), SESSION.indexOf('b\r\n')];
        expect(pieces.filter((octets) => !begins.includes(octets))).toEqual([]);
        expect(stream.receivedBytes).toBe(SESSION.length);
      }),
      { numRuns: 100 },
    );
  });

  it('does not know what came before while its read-ahead is full', () => {
    const stream = new MxStream({ onLine: () => new Promise(() => undefined), onEnd: () => undefined });
    stream.write('NOOP\r\n');
    expect(stream.receivedBytes).toBe(6);
    stream.write(Buffer.alloc(READ_AHEAD_BYTES));
    expect(stream.receivedBytes).toBe(Number.POSITIVE_INFINITY);
  });

  const rows: readonly (readonly [name: string, input: string, seen: readonly string[]])[] = [
    ['a line that nothing ended is none', 'NOOP', ['end']],
    ['a bare LF is told apart', 'NOOP\nQUIT\r\n', ['bare-lf:NOOP', 'line:QUIT', 'end']],
    ['a CR within a line stays', 'A\rB\r\n', ['line:A\rB', 'end']],
    ['an empty line is a line', '\r\n', ['line:', 'end']],
    ['2047 octets and the CR are a line', `${'x'.repeat(2047)}\r\n`, [`line:${'x'.repeat(2047)}`, 'end']],
    ['one more is too long', `${'x'.repeat(2048)}\r\nNOOP\r\n`, ['too-long:xxxxxxxxxxxxxxxx', 'line:NOOP', 'end']],
    ['far too long', `${'x'.repeat(100_000)}\r\nNOOP\r\n`, ['too-long:xxxxxxxxxxxxxxxx', 'line:NOOP', 'end']],
  ];
  it.each(rows)('%s', async (_, input, seen) => {
    for (const size of [1, 3, 1000, 65_536]) {
      const run = recorder();
      const chunks: string[] = [];
      for (let at = 0; at < input.length; at += size) chunks.push(input.slice(at, at + size));
      await feed(run.stream, chunks);
      expect(run.seen).toEqual(seen);
    }
  });

  it('keeps nothing of an endless line', async () => {
    const { seen, stream } = recorder();
    const chunk = Buffer.alloc(65_536, 'x');
    await feed(stream, [...Array.from({ length: 64 }, () => chunk), '\r\n']);
    expect(seen).toEqual(['too-long:xxxxxxxxxxxxxxxx', 'end']);
  });

  it('reads the next line only when the last one was answered', async () => {
    const answered = Promise.withResolvers<void>();
    const { seen, stream } = recorder({
      onLine: (text) => (text === 'A' ? answered.promise : undefined),
    });
    const fed = feed(stream, ['A\r\nB\r\n']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['line:A']);
    answered.resolve();
    await fed;
    expect(seen).toEqual(['line:A', 'line:B', 'end']);
  });

  it('reads nothing any more once it is closed, in the middle of a chunk and of a message', async () => {
    const lines = recorder({ onLine: () => shut(lines.stream) });
    await feed(lines.stream, ['QUIT\r\nNOOP\r\n', 'NOOP\r\n']);
    expect(lines.seen).toEqual(['line:QUIT']);

    const message = recorder();
    message.stream.write('DATA\r\na\r\n');
    await new Promise((resolve) => setImmediate(resolve));
    shut(message.stream);
    await feed(message.stream, ['b\r\n.\r\nNOOP\r\n']);
    expect(message.seen).toEqual(['line:DATA']);
  });

  it('takes no end of a message whose client went while its last octets were written', async () => {
    const seen: string[] = [];
    const stream: MxStream = new MxStream({ onLine: async () => stream.receive(sink), onEnd: () => undefined });
    const sink = { write: async () => shut(stream), end: async () => void seen.push('end') };
    await feed(stream, ['DATA\r\na\r\n.\r\n']);
    expect(seen).toEqual([]);
  });

  it.each([1, 10, 10_000])('lets others have their turn, with %i lines in a chunk', async (perChunk) => {
    const { seen, stream } = recorder();
    let turns = 0;
    let running = true;
    const tick = () => {
      turns += 1;
      if (running) setImmediate(tick);
    };
    setImmediate(tick);
    await feed(
      stream,
      Array.from({ length: 10_000 / perChunk }, () => 'NOOP\r\n'.repeat(perChunk)),
    );
    running = false;
    expect(seen).toHaveLength(10_001);
    expect(turns).toBeGreaterThan(100);
  });

  it('is destroyed by a reader that throws, and does not take the process with it', async () => {
    const stream = new MxStream({ onLine: () => Promise.reject(new Error('bug')), onEnd: () => undefined });
    stream.write('NOOP\r\n');
    const [error] = await once(stream, 'error');
    expect(error).toEqual(new Error('bug'));
  });
});
