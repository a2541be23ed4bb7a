import { describe, expect, test } from 'vitest';
import { newReceipt } from '../ids.ts';
import type { Event, Occasion } from '../port.ts';
import { type Told, tellHistory } from './entries.ts';
import { type Batch, createHistoryQueue } from './queue.ts';
import { createSampler, UNKNOWN_MAX, UNKNOWN_OF_DOMAIN_MAX } from './sampler.ts';

const AT = new Date('2026-11-27T07:20:00Z');
const OCCASION: Occasion = {
  ...{ session: 's', host: 'd10', client: '192.0.2.1', helo: 'mail.sender.example', sender: 'Bob@Sender.example' },
  recipients: ['alice@one.example', 'carol@two.example'],
};
const decision = (parts: Partial<Extract<Event, { kind: 'decision' }>['trace']>, id = newReceipt(AT)): Event => ({
  ...{ kind: 'decision', id, occasion: OCCASION, reply: '550 5.7.23 no' },
  trace: { stage: 'rcpt', verdict: 'refuse', by: 'spf', checks: [], facts: [], ...parts },
});
const delivery = (id: string, reply: string): Event => ({
  ...{ kind: 'delivery', id, occasion: OCCASION, sizeBytes: 512, sha256: 'ab', stored: [], failed: [], ms: 3, reply },
});

function told(...events: readonly Event[]): readonly Told[] {
  const all: Told[] = [];
  const history = tellHistory(
    (one) => all.push(one),
    () => AT,
  );
  for (const event of events) history.record(event);
  return all;
}

describe('what an event tells a history', () => {
  test('an objection: an entry for each recipient, the story with the first, and as many counts', () => {
    const [{ entries, counts } = { entries: [], counts: [] }] = told(decision({}));
    expect(entries.map(({ recipient, sender, check, verdict }) => [recipient, sender, check, verdict])).toEqual([
      ['alice@one.example', 'bob@sender.example', 'spf', 'refused'],
      ['carol@two.example', 'bob@sender.example', 'spf', 'refused'],
    ]);
    expect(entries.map(({ story }) => story !== undefined)).toEqual([true, false]);
    const rest = { day: '2026-11-27', check: 'spf', verdict: 'refused', count: 1 };
    expect(counts).toEqual([
      { domain: 'one.example', ...rest },
      { domain: 'two.example', ...rest },
    ]);
  });

  test('a message that was refused has its size', () => {
    const refused: Event = { ...(decision({ stage: 'message' }) as Extract<Event, { kind: 'decision' }>), sizeBytes: 4_311 };
    expect(told(refused)[0]?.entries.map(({ sizeBytes }) => sizeBytes)).toEqual([4_311, 4_311]);
  });

  test('a message: what passed before it was stored is told with it, once', () => {
    const id = newReceipt(AT);
    const all = told(
      decision({ stage: 'message', verdict: 'pass' }, id),
      delivery(id, '250 2.0.0 stored'),
      delivery(id, '250 2.0.0 stored'),
    );
    expect(all.map(({ entries }) => Object.keys(JSON.parse(entries[0]?.story ?? '{}') as object))).toEqual([
      ['decision', 'delivery'],
      ['delivery'],
    ]);
    expect(all[0]?.entries[0]).toMatchObject({ verdict: 'delivered', check: '', sizeBytes: 512 });
  });

  test('a refusal whose sender is still being looked up waits for that, and its time is that of the refusal', () => {
    const all: Told[] = [];
    let nowMs = AT.getTime();
    const history = tellHistory(
      (one) => all.push(one),
      () => new Date(nowMs),
    );
    const refusal = (id: string): Event => ({ ...(decision({}, id) as Extract<Event, { kind: 'decision' }>), evidenceFollows: true });
    const evidence = (id: string): Event => ({ kind: 'evidence', id, facts: [{ fact: 'spf', ms: 4_000, value: 'pass (sender.example)' }] });
    const factsOf = (one: Told | undefined) =>
      Object.keys((JSON.parse(one?.entries[0]?.story ?? '{}') as { decision: { facts: object } }).decision.facts);
    for (const id of ['a', 'b']) history.record(refusal(id));
    expect(all).toEqual([]);
    nowMs += 4_000;
    for (const id of ['b', 'b', 'unknown']) history.record(evidence(id));
    expect(all.map(({ entries }) => [entries[0]?.id, entries[0]?.at])).toEqual([['b', AT]]);
    expect(factsOf(all[0])).toEqual(['spf']);
    // Whoever ends does not wait.
    history.flush();
    expect(all.map(({ entries }) => [entries[0]?.id, entries[0]?.at])).toEqual([
      ['b', AT],
      ['a', AT],
    ]);
    // Evidence that never comes holds up a bounded number.
    for (let i = 0; i < 1_001; i += 1) history.record(refusal(`held ${i}`));
    expect(all.map(({ entries }) => entries[0]?.id)).toEqual(['b', 'a', 'held 0']);
  });

  test.each([
    ['451 4.3.0 later', 'delayed'],
    ['552 5.2.2 full', 'refused'],
  ])('the store says %s: %s, by the store', (reply, verdict) => {
    expect(told(delivery('x', reply))[0]?.entries[0]).toMatchObject({ verdict, check: 'store', reply });
  });

  test('what passes at an earlier stage, sessions and faults tell nothing', () => {
    expect(told(decision({ verdict: 'pass' }), { kind: 'fault', where: 'x', detail: 'y' }, { kind: 'process', what: 'started' })).toEqual(
      [],
    );
  });
});

describe('the queue to the writer', () => {
  const one = (): Told => told(decision({}))[0] ?? { entries: [], counts: [] };

  test('one batch is under way; the next one gathers, and its counts are added up', () => {
    const sent: Batch[] = [];
    const queue = createHistoryQueue({
      source: 'one',
      max: 100,
      batchMax: 10,
      send: (batch) => sent.push(batch) > 0,
      onDropped: () => undefined,
    });
    for (let i = 0; i < 3; i += 1) queue.add(one());
    queue.flush();
    for (let i = 0; i < 3; i += 1) queue.add(one());
    queue.flush();
    expect(sent.map(({ nth, entries, counts }) => [nth, entries.length, counts.map(({ count }) => count)])).toEqual([[1, 6, [3, 3]]]);
    queue.stored(1);
    queue.flush();
    expect(sent.map(({ nth, entries }) => [nth, entries.length])).toEqual([
      [1, 6],
      [2, 6],
    ]);
  });

  test('without a writer, or with one that does not answer, it keeps its bound and counts what is dropped exactly', () => {
    let dropped = 0;
    let uncounted = 0;
    let there = false;
    const queue = createHistoryQueue({
      source: 'one',
      ...{ max: 10, batchMax: 4, send: () => there },
      onDropped: ({ entries, counts }) => {
        dropped += entries;
        uncounted += counts;
      },
    });
    for (let i = 0; i < 20; i += 1) queue.add(one());
    queue.flush();
    expect([queue.waiting(), dropped]).toEqual([10, 30]);
    there = true;
    for (let i = 0; i < 5; i += 1) queue.add(one());
    queue.flush();
    expect([queue.waiting(), dropped, uncounted]).toEqual([10, 40, 0]);
    // Two counts wait, and there is room for eight more.
    for (let i = 0; i < 20; i += 1) {
      queue.add({ entries: [], counts: [{ domain: `${i}.example`, day: '2026-11-27', check: 'spf', verdict: 'refused', count: 2 }] });
    }
    queue.flush();
    expect(uncounted).toBe(24);
  });

  test('another writer gets what was not answered, the same batch again', () => {
    const sent: Batch[] = [];
    const queue = createHistoryQueue({
      source: 'one',
      max: 10,
      batchMax: 4,
      send: (batch) => sent.push(batch) > 0,
      onDropped: () => undefined,
    });
    queue.add(one());
    queue.flush();
    queue.resend();
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    queue.stored(1);
    queue.resend();
    expect([sent.length, queue.waiting()]).toEqual([2, 0]);
  });
});

describe('the sample of unknown recipients', () => {
  const unknown = (recipient: string, at = AT) => {
    const [entry] = told({ ...decision({ by: 'mailbox' }), reply: '550 5.1.1 no mailbox' } as Event)[0]?.entries ?? [];
    if (entry === undefined) throw new Error('nothing was told');
    return { ...entry, recipient, at };
  };

  test('100,000 guesses leave at most a thousand entries a day, and a domain that is guessed at leaves room for another', () => {
    const isKept = createSampler();
    const kept = (domains: number) =>
      Array.from({ length: 50_000 }, (_, i) => isKept(unknown(`${i}@${i % domains}.example`))).filter(Boolean).length;
    expect(kept(1)).toBe(UNKNOWN_OF_DOMAIN_MAX);
    expect(isKept(unknown('typo@other.example'))).toBe(true);
    expect(kept(100)).toBe(UNKNOWN_MAX - UNKNOWN_OF_DOMAIN_MAX - 1);
    expect(isKept(unknown('x@0.example', new Date(AT.getTime() + 86_400_000)))).toBe(true);
  });

  test('so is what guessing leads to: the ends of sessions, and commands that cannot be read', () => {
    const isKept = createSampler();
    const kept = Array.from({ length: 5_000 }, (_, i) =>
      isKept({ ...unknown(`${i}@${i % 100}.example`), check: i % 2 === 0 ? 'session-limit' : 'command-syntax', reply: '421 4.7.0 no' }),
    );
    expect(kept.filter(Boolean)).toHaveLength(UNKNOWN_MAX);
  });

  test('a day is counted once: at midnight both days come, and a writer that begins anew knows what is there', () => {
    const isKept = createSampler();
    const days = Array.from({ length: 6 }, (_, i) => new Date(AT.getTime() - i * 86_400_000));
    const kept = Array.from({ length: 12_000 }, (_, i) => unknown(`${i}@${i % 300}.example`, days[Math.floor(i / 20) % 2])).filter(isKept);
    expect(kept).toHaveLength(2 * UNKNOWN_MAX);
    const again = createSampler(kept);
    // What was answered to nobody is sent again: it is there already, and takes no other's place.
    expect(kept.filter(again)).toHaveLength(2 * UNKNOWN_MAX);
    expect(again(unknown('new@new.example'))).toBe(false);
    // Days without end are not counted: of those that are too old nothing is kept.
    expect(days.map((at) => isKept(unknown('x@new.example', at)))).toEqual([false, false, true, true, false, false]);
  });

  test('a batch that comes twice is sampled once', () => {
    const isKept = createSampler();
    const batch = Array.from({ length: UNKNOWN_OF_DOMAIN_MAX - 1 }, (_, i) => unknown(`${i}@one.example`));
    for (let i = 0; i < 3; i += 1) expect(batch.filter(isKept)).toEqual(batch);
    expect(isKept(unknown('last@one.example'))).toBe(true);
    expect(isKept(unknown('beyond@one.example'))).toBe(false);
  });

  test('everything else is kept', () => {
    const isKept = createSampler();
    for (let i = 0; i < 2_000; i += 1) expect(isKept({ ...unknown('a@b'), reply: '550 5.7.23 no' })).toBe(true);
  });
});
