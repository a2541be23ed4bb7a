import { allOf, type Cancellation } from '@vratny/waiting';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mailContext, messageContext, portsOf, rcptContext } from '../testing/contexts.fixture.ts';
import { FAULT, given, held, rcptVisit } from '../testing/made-up.fixture.ts';
import { FactFault, fact } from './fact.ts';
import { factEntries } from './judge.ts';
import { openVisit, withNeeds } from './visit.ts';

const options = { ports: portsOf(), monotonicMs: () => 0 };

afterEach(() => void vi.useRealTimers());

describe('a visit', () => {
  it('finds a fact at most once, however often it is asked for', async () => {
    const one = held<'rcpt', number>('one', 'rcpt');
    const visit = rcptVisit();
    visit.start([one.fact]);
    const asked = [visit.find(one.fact), visit.find(one.fact)];
    one.give(7);
    expect(await allOf(asked)).toEqual([
      { known: true, value: 7, ms: 0 },
      { known: true, value: 7, ms: 0 },
    ]);
    expect(await visit.find(one.fact)).toMatchObject({ value: 7 });
    expect(one.starts()).toBe(1);
  });

  it('finds a fact of an earlier stage there, once for all later visits', async () => {
    const early = held<'mail', number>('early', 'mail');
    const mail = openVisit('mail', mailContext(), options);
    early.give(1);
    for (let i = 0; i < 3; i += 1) await mail.open('rcpt', rcptContext()).find(early.fact);
    await mail.open('message', messageContext()).find(early.fact);
    expect(early.starts()).toBe(1);
  });

  it('finds a fact again at the next visit to its stage', async () => {
    const one = held<'rcpt', number>('one', 'rcpt');
    const mail = openVisit('mail', mailContext(), options);
    one.give(1);
    for (let i = 0; i < 3; i += 1) await mail.open('rcpt', rcptContext()).find(one.fact);
    expect(one.starts()).toBe(3);
  });

  it('keeps two facts of one name apart', async () => {
    const visit = rcptVisit();
    expect(await visit.find(given('same', 1))).toMatchObject({ value: 1 });
    expect(await visit.find(given('same', 2))).toMatchObject({ value: 2 });
  });

  it('says so when a stage was never opened', async () => {
    const late = held<'message', number>('late', 'message');
    expect(await rcptVisit().find(late.fact)).toMatchObject({ known: false, kind: 'bug' });
  });

  it('peeks without starting', async () => {
    const one = held<'rcpt', number>('one', 'rcpt');
    const visit = rcptVisit();
    expect(visit.peek(one.fact)).toBeUndefined();
    expect(one.starts()).toBe(0);
    visit.start([one.fact]);
    expect(visit.peek(one.fact)).toBeUndefined();
    one.give(1);
    await visit.find(one.fact);
    expect(visit.peek(one.fact)).toMatchObject({ value: 1 });
  });
});

describe('what is there at once', () => {
  const valued = (value: number | Error) => given('valued', value);

  it('is no promise, and is there for whoever peeks as soon as it was started', () => {
    const visit = rcptVisit();
    const one = valued(7);
    visit.start([one]);
    expect(visit.peek(one)).toEqual({ known: true, value: 7, ms: 0 });
    expect(visit.find(one)).toEqual({ known: true, value: 7, ms: 0 });
  });

  it('starts no timer', () => {
    vi.useFakeTimers();
    rcptVisit().start([valued(7)]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Error, string]>([
    ['a fault', FAULT, 'fault'],
    ['a bug', new TypeError('oops'), 'bug'],
  ])('is %s when the finder throws', (_name, error, kind) => {
    expect(rcptVisit().find(valued(error))).toMatchObject({ known: false, kind });
  });

  it('is waited for together with what it is found from', async () => {
    const slow = held<'rcpt', number>('slow', 'rcpt');
    const sum = fact({
      name: 'sum',
      stage: 'rcpt',
      deadlineMs: 1000,
      needs: { now: valued(1), slow: slow.fact },
      ports: [],
      find: (_context, needs) => needs.now + needs.slow,
    });
    const visit = rcptVisit();
    const found = visit.find(sum);
    expect(found).toBeInstanceOf(Promise);
    slow.give(2);
    expect(await found).toMatchObject({ value: 3 });
    expect(visit.find(sum)).toMatchObject({ value: 3 });
  });

  it('tells what the finder left running to stop', () => {
    let signal: Cancellation | undefined;
    const leaving = fact({
      name: 'leaving',
      stage: 'rcpt',
      deadlineMs: 1000,
      needs: {},
      ports: [],
      find: (_context, _needs, _ports, given) => {
        signal = given;
        return 1;
      },
    });
    rcptVisit().start([leaving]);
    expect(signal?.aborted).toBe(true);
  });
});

describe('needs', () => {
  const doubled = (need: ReturnType<typeof given<number>>, lazy = false) =>
    fact({
      name: 'doubled',
      stage: 'rcpt',
      deadlineMs: 1000,
      lazy,
      needs: { need },
      ports: [],
      find: (_context, needs) => needs.need * 2,
    });

  it('are found first', async () => expect(await rcptVisit().find(doubled(given('need', 4)))).toMatchObject({ value: 8 }));

  it('that fail make it fail, and say who', async () => {
    const found = await rcptVisit().find(doubled(given<number>('need', FAULT)));
    expect(found).toMatchObject({ known: false, kind: 'fault', detail: 'need: the world is away' });
  });

  it('that are lazy are not started, nor what is found from them', async () => {
    const log: string[] = [];
    const lazy = given('lazy', 1, { lazy: true, log });
    const visit = rcptVisit();
    visit.start([lazy, doubled(lazy)]);
    await Promise.resolve();
    expect(log).toEqual([]);
    expect(await visit.find(doubled(lazy))).toMatchObject({ value: 2 });
    expect(log).toEqual(['lazy']);
  });

  it('are listed once, needs first', () => {
    const need = given('need', 1);
    const one = doubled(need);
    expect(withNeeds([one, need, one])).toEqual([need, one]);
  });
});

describe('ports', () => {
  it('are narrowed to those that a fact names', async () => {
    const named = fact({
      name: 'named',
      stage: 'rcpt',
      deadlineMs: 1000,
      needs: {},
      ports: ['dns'],
      find: (_context, _needs, ports) => Object.keys(ports),
    });
    expect(await rcptVisit().find(named)).toMatchObject({ value: ['dns'] });
  });
});

describe('what goes wrong', () => {
  it.each<[string, unknown, object]>([
    ['a fault', new FactFault('away'), { kind: 'fault', detail: 'away' }],
    ['a bug', new TypeError('x is undefined'), { kind: 'bug', detail: 'TypeError: x is undefined' }],
    ['a thrown text', 'oops', { kind: 'bug', detail: 'oops' }],
  ])('%s is found as such, and never rejects', async (_name, error, found) => {
    const throwing = fact({
      name: 'throwing',
      stage: 'rcpt',
      deadlineMs: 1000,
      needs: {},
      ports: [],
      find: () => Promise.reject(error),
    });
    expect(await rcptVisit().find(throwing)).toMatchObject({ known: false, ...found });
  });

  it('a fact that outlasts its deadline is not known, and is told to stop', async () => {
    vi.useFakeTimers();
    const slow = held<'rcpt', number>('slow', 'rcpt', { deadlineMs: 250 });
    const found = rcptVisit().find(slow.fact);
    await vi.advanceTimersByTimeAsync(249);
    expect(slow.aborted()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await found).toMatchObject({ known: false, kind: 'timeout', detail: 'no answer within 250 ms' });
    expect(slow.aborted()).toBe(true);
    slow.fail(new Error('too late'));
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers();
    await rcptVisit().find(given('one', 1));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('leave', () => {
  it('ends what is being looked for', async () => {
    const one = held<'rcpt', number>('one', 'rcpt');
    const visit = rcptVisit();
    const found = visit.find(one.fact);
    await Promise.resolve();
    visit.leave();
    expect(await found).toMatchObject({ known: false, kind: 'fault', detail: 'the session is over' });
    expect(one.aborted()).toBe(true);
  });

  it('says why, first come', async () => {
    const one = held<'rcpt', number>('one', 'rcpt');
    const visit = rcptVisit();
    const found = visit.find(one.fact);
    await Promise.resolve();
    visit.leave('no time is left');
    visit.leave();
    expect(await found).toMatchObject({ known: false, kind: 'fault', detail: 'no time is left' });
    expect(await visit.find(held<'rcpt', number>('two', 'rcpt').fact)).toMatchObject({ detail: 'no time is left' });
  });

  it('starts nothing afterwards', async () => {
    const one = held<'rcpt', number>('one', 'rcpt');
    const visit = rcptVisit();
    visit.leave();
    expect(await visit.find(one.fact)).toMatchObject({ known: false, kind: 'fault' });
    expect(one.starts()).toBe(0);
  });

  it('ends the later stages too, and the earlier ones not', async () => {
    const early = held<'mail', number>('early', 'mail');
    const late = held<'rcpt', number>('late', 'rcpt');
    const mail = openVisit('mail', mailContext(), options);
    const left = mail.open('rcpt', rcptContext());
    const other = mail.open('rcpt', rcptContext());
    const found = [left.find(late.fact), other.find(late.fact), mail.find(early.fact)] as const;
    await Promise.resolve();
    left.leave();
    expect(await found[0]).toMatchObject({ detail: 'the session is over' });
    expect(early.aborted()).toBe(false);
    mail.leave();
    expect(await found[1]).toMatchObject({ detail: 'the session is over' });
    expect(await found[2]).toMatchObject({ detail: 'the session is over' });
    expect(await mail.open('rcpt', rcptContext()).find(late.fact)).toMatchObject({ detail: 'the session is over' });
  });

  it('keeps what was found', async () => {
    const visit = rcptVisit();
    const one = given('one', 1);
    await visit.find(one);
    visit.leave();
    expect(visit.peek(one)).toMatchObject({ value: 1 });
  });
});

describe('factEntries', () => {
  it('describes what was found, and survives what cannot be described', async () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const values: readonly unknown[] = ['x', { kind: 'full' }, 3, cycle, FAULT];
    const facts = values.map((value, i) => given<unknown>(`fact ${i}`, value));
    const visit = rcptVisit();
    for (const one of facts) await visit.find(one);
    expect(factEntries(visit, [...facts, given('unasked', 1)])).toEqual([
      { fact: 'fact 0', ms: 0, value: 'x' },
      { fact: 'fact 1', ms: 0, value: 'full' },
      { fact: 'fact 2', ms: 0, value: '3' },
      { fact: 'fact 3', ms: 0, value: expect.stringContaining('not to be described') },
      { fact: 'fact 4', ms: 0, value: 'the world is away', fault: true },
    ]);
  });
});
