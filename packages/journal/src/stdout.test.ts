import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeJournal } from './contract.ts';
import { BACKLOG_MAX_BYTES, GATHER_MS, LIST_MAX, TEXT_MAX } from './limits.ts';
import type { Event } from './port.ts';
import { createStdoutJournal } from './stdout.ts';

const NOW = new Date('2030-01-02T03:04:05.678Z');
const now = (): Date => NOW;

/** A stream that keeps what it is given; while `stuck` it acknowledges nothing. */
function createSink(): { stream: Writable; lines: () => Record<string, unknown>[]; unstick: () => void; stick: () => void } {
  let written = '';
  let stuck = false;
  let waiting: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString('utf8');
      if (stuck) waiting = done;
      else done();
    },
  });
  return {
    stream,
    lines: () =>
      written
        .trimEnd()
        .split('\n')
        .filter(Boolean)
        .map((line): Record<string, unknown> => JSON.parse(line)),
    stick: () => {
      stuck = true;
    },
    unstick: () => {
      stuck = false;
      waiting?.();
    },
  };
}

describeJournal('stdout', () => {
  const { stream, lines } = createSink();
  return { journal: createStdoutJournal({ stream, now }), recordedKinds: () => lines().map((line) => String(line['kind'])) };
});

const DELIVERY: Event = {
  kind: 'delivery',
  id: 's1.2',
  occasion: { session: 's1', host: 'd10', client: '192.0.2.1' },
  sizeBytes: 5,
  sha256: 'ab',
  stored: ['a@example.test'],
  already: ['b@example.test'],
  failed: [{ mailbox: 'c@example.test', detail: 'store is down' }],
  resumed: true,
  stateAway: true,
  ms: 3,
  reply: '451 4.3.0 later',
};

it('tells of a delivery who has it since now, who had it, and what was not known', async () => {
  const { stream, lines } = createSink();
  const journal = createStdoutJournal({ stream, now });
  journal.record(DELIVERY);
  await journal.close();
  const { kind, stored, already, failed, resumed, stateAway } = DELIVERY;
  expect(lines()).toEqual([expect.objectContaining({ kind, stored, already, failed, resumed, stateAway })]);
});

const DECISION: Event = {
  kind: 'decision',
  id: 's1.1',
  occasion: { session: 's1', host: 'd10', client: '192.0.2.1', helo: 'h.example', sender: 'a@b.example', recipients: ['to@example.test'] },
  trace: {
    stage: 'rcpt',
    verdict: 'refuse',
    by: 'recipient',
    checks: [
      { check: 'sender-domain', outcome: 'pass' },
      { check: 'recipient', outcome: 'refuse', reply: '550 5.1.1 unknown' },
    ],
    facts: [{ fact: 'destination', ms: 1.23456, value: 'unknown', fault: true }],
  },
  reply: '550 5.1.1 unknown',
};

describe('gathering', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('writes a line at once after a pause, and those of the next milliseconds together', () => {
    const { stream, lines } = createSink();
    const write = vi.spyOn(stream, 'write');
    const journal = createStdoutJournal({ stream, now });
    for (let i = 0; i < 10; i += 1) journal.record(DECISION);
    expect(lines()).toHaveLength(1);
    vi.advanceTimersByTime(GATHER_MS);
    expect(lines()).toHaveLength(10);
    expect(write).toHaveBeenCalledTimes(2);
    journal.record(DECISION);
    expect(lines()).toHaveLength(10);
    vi.advanceTimersByTime(2 * GATHER_MS);
    journal.record(DECISION);
    expect(lines()).toHaveLength(12);
  });

  it('flushes when it is told to, and when it is closed', async () => {
    const { stream, lines } = createSink();
    const journal = createStdoutJournal({ stream, now });
    for (let i = 0; i < 3; i += 1) journal.record(DECISION);
    journal.flush();
    expect(lines()).toHaveLength(3);
    journal.record(DECISION);
    await journal.close();
    expect(lines()).toHaveLength(4);
  });
});

describe('stdout journal', () => {
  it('writes a decision as one flat line', () => {
    const { stream, lines } = createSink();
    createStdoutJournal({ stream, now }).record(DECISION);
    expect(lines()).toEqual([
      {
        time: '2030-01-02T03:04:05.678Z',
        kind: 'decision',
        id: 's1.1',
        session: 's1',
        host: 'd10',
        client: '192.0.2.1',
        helo: 'h.example',
        sender: 'a@b.example',
        recipients: ['to@example.test'],
        stage: 'rcpt',
        verdict: 'refuse',
        by: 'recipient',
        reply: '550 5.1.1 unknown',
        checks: [
          { check: 'sender-domain', outcome: 'pass' },
          { check: 'recipient', outcome: 'refuse', reply: '550 5.1.1 unknown' },
        ],
        facts: { destination: { ms: 1.23, value: 'unknown', fault: true } },
      },
    ]);
  });

  it('cleans and bounds what strangers wrote', () => {
    const { stream, lines } = createSink();
    const recipients = new Array<string>(LIST_MAX + 7).fill('x'.repeat(TEXT_MAX * 2));
    const occasion = { session: 's', host: 'a10', client: '::1', helo: 'a\u001b[2J\u202eb\u0085', recipients };
    createStdoutJournal({ stream, now }).record({ kind: 'session', occasion, what: 'opened' });
    const [line] = lines();
    expect(line?.['helo']).toBe('a\ufffd[2J\ufffdb\ufffd');
    const logged = line?.['recipients'];
    expect(logged).toHaveLength(LIST_MAX + 1);
    expect(logged).toContain('… and 7 more');
    expect(logged).toContain(`${'x'.repeat(TEXT_MAX)}…`);
  });

  it('drops when the reader is stuck, and says how many once it reads again', async () => {
    const { stream, lines, stick, unstick } = createSink();
    const journal = createStdoutJournal({ stream, now });
    stick();
    const fault: Event = { kind: 'fault', where: 'test', detail: 'd'.repeat(TEXT_MAX) };
    const total = 3 * Math.ceil(BACKLOG_MAX_BYTES / TEXT_MAX);
    for (let i = 0; i < total; i += 1) journal.record(fault);
    expect(stream.writableLength).toBeLessThan(BACKLOG_MAX_BYTES + 2 * TEXT_MAX);
    const drained = new Promise<void>((resolve) => stream.once('drain', resolve));
    unstick();
    await drained;
    journal.record({ kind: 'process', what: 'stopped' });
    await journal.close();
    const kinds = lines().map((line) => line['kind']);
    expect(kinds.slice(-2)).toEqual(['dropped', 'process']);
    const faults = kinds.filter((kind) => kind === 'fault').length;
    expect(faults).toBeGreaterThan(0);
    expect(lines().at(-2)?.['count']).toBe(total - faults);
  });

  it('survives a stream that breaks', async () => {
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error('EPIPE'));
      },
    });
    const journal = createStdoutJournal({ stream, now });
    journal.record(DECISION);
    await new Promise<void>((resolve) => stream.once('close', resolve));
    expect(() => journal.record(DECISION)).not.toThrow();
    await journal.close();
  });
});
