import type { FactEntry } from '@vratny/journal';
import { type Cancellation, createCanceller, startDeadline, until } from '@vratny/waiting';
import { type AnyFact, type Fact, FactFault, type Known, needsLazy } from './fact.ts';
import type { Ports } from './ports.ts';
import type { ContextOf, Stage } from './stage.ts';

/** What became of a fact. `bug`: it threw something that is no fault of the world. */
export type Found<V> =
  | { readonly known: true; readonly value: V; readonly ms: number }
  | { readonly known: false; readonly kind: 'fault' | 'timeout' | 'bug'; readonly detail: string; readonly ms: number };

/** A fact about our own machinery that could not be told. `found` is one object however many decisions rest on it. */
export interface Alarm {
  readonly fact: string;
  readonly found: Extract<Found<unknown>, { known: false }>;
}

/** What gathering needs besides the context. */
export interface GatheringOptions {
  readonly ports: Ports;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/** One visit to a stage: its context and the facts found for it, each at most once. */
export interface Visit<S extends Stage = Stage> {
  readonly stage: S;
  readonly context: ContextOf[S];
  /** Starts facts that are not lazy, and what they need; those that need something lazy wait until they are asked for. */
  start(facts: Iterable<AnyFact>): void;
  /** Waits for a fact of this stage or an earlier one; starts it when nobody did. Never rejects. */
  find<V>(fact: Fact<Stage, V>): Promise<Found<V>>;
  /** The fact if it has been found by now. */
  peek<V>(fact: Fact<Stage, V>): Found<V> | undefined;
  /** Opens a later stage. */
  open<T extends Stage>(stage: T, context: ContextOf[T]): Visit<T>;
  /** Ends what is still being looked for, here and at the stages opened from here. */
  leave(): void;
}

const SESSION_OVER = 'the session is over';

interface Slot {
  readonly promise: Promise<Found<unknown>>;
  settled: Found<unknown> | undefined;
}

/** Opens the first stage of a session. */
export function openVisit<S extends Stage>(stage: S, context: ContextOf[S], options: GatheringOptions): Visit<S> {
  return makeVisit(stage, context, options);
}

function makeVisit<S extends Stage>(
  stage: S,
  context: ContextOf[S],
  options: GatheringOptions,
  parent?: { readonly visit: Visit; readonly leaving: Cancellation },
): Visit<S> {
  // By the facts themselves: two facts that happen to bear one name are two facts.
  const slots = new Map<AnyFact, Slot>();
  const leaving = createCanceller(parent?.leaving);

  const slotOf = (fact: AnyFact): Slot => {
    const present = slots.get(fact);
    if (present) return present;
    const slot: Slot = { promise: find(fact, visit, options, leaving.signal).then((found) => (slot.settled = found)), settled: undefined };
    slots.set(fact, slot);
    return slot;
  };

  const visit: Visit<S> = {
    stage,
    context,
    start(facts) {
      for (const fact of facts) {
        if (needsLazy(fact)) continue;
        visit.start(fact.needs);
        if (fact.stage === stage) slotOf(fact);
        else parent?.visit.start([fact]);
      }
    },
    async find<V>(fact: Fact<Stage, V>) {
      if (fact.stage !== stage) return parent ? parent.visit.find(fact) : noStage(fact);
      return (await slotOf(fact).promise) as Found<V>;
    },
    peek<V>(fact: Fact<Stage, V>) {
      if (fact.stage !== stage) return parent?.visit.peek(fact);
      return slots.get(fact)?.settled as Found<V> | undefined;
    },
    open: (next, nextContext) => makeVisit(next, nextContext, options, { visit, leaving: leaving.signal }),
    leave: () => leaving.abort(),
  };
  return visit;
}

function noStage(fact: AnyFact): Found<never> {
  return { known: false, kind: 'bug', detail: `${fact.name} belongs to stage ${fact.stage}, which was never opened`, ms: 0 };
}

async function find(fact: AnyFact, visit: Visit, options: GatheringOptions, leaving: Cancellation): Promise<Found<unknown>> {
  const startedAt = options.monotonicMs();
  const took = () => Math.max(0, options.monotonicMs() - startedAt);
  const values = new Map<AnyFact, unknown>();
  const needed = await Promise.all(fact.needs.map(async (need) => [need, await visit.find(need)] as const));
  for (const [need, found] of needed) {
    if (!found.known) return { ...found, detail: `${need.name}: ${found.detail}`, ms: took() };
    values.set(need, found.value);
  }
  if (leaving.aborted) return { known: false, kind: 'fault', detail: SESSION_OVER, ms: took() };
  const known: Known = (one) => values.get(one) as never;
  return withDeadline(fact, leaving, took, async (signal) => fact.find(visit.context, options.ports, known, signal));
}

/** Runs a finder under the fact's deadline. Once its time is over the finder is told by the signal, and its late error is nobody's. */
async function withDeadline(
  fact: AnyFact,
  leaving: Cancellation,
  took: () => number,
  run: (signal: Cancellation) => Promise<unknown>,
): Promise<Found<unknown>> {
  using deadline = startDeadline(fact.deadlineMs, { signal: leaving });
  const answer = run(deadline.signal).then(
    (value): Found<unknown> => ({ known: true, value, ms: took() }),
    (error: unknown): Found<unknown> =>
      error instanceof FactFault
        ? { known: false, kind: 'fault', detail: error.message, ms: took() }
        : { known: false, kind: 'bug', detail: String(error), ms: took() },
  );
  const found = await until(answer, deadline.signal, (): Found<unknown> => {
    const ending = deadline.passed
      ? ({ kind: 'timeout', detail: `no answer within ${fact.deadlineMs} ms` } as const)
      : ({ kind: 'fault', detail: SESSION_OVER } as const);
    return { known: false, ...ending, ms: took() };
  });
  // Whatever the finder left running is of no use any more.
  deadline.end();
  return found;
}

/** The facts' entries in the trace, in the order given; facts nobody found are left out. */
export function factEntries(visit: Visit, facts: readonly AnyFact[]): readonly FactEntry[] {
  const entries: FactEntry[] = [];
  for (const fact of withNeeds(facts)) {
    const found = visit.peek(fact);
    if (!found) continue;
    const ms = Math.round(found.ms * 10) / 10;
    const entry = { fact: fact.name, ms };
    entries.push(found.known ? { ...entry, value: fact.describe(found.value) } : { ...entry, value: found.detail, fault: true });
  }
  return entries;
}

/** The alarms among the facts: each by the fact that failed itself, not by those found from it; a client that left in the midst is none. */
export function alarmsOf(visit: Visit, facts: readonly AnyFact[]): readonly Alarm[] {
  return withNeeds(facts).flatMap((fact) => {
    const found = fact.alarm ? visit.peek(fact) : undefined;
    if (!found || found.known || found.detail === SESSION_OVER) return [];
    return fact.needs.some((need) => visit.peek(need)?.known === false) ? [] : [{ fact: fact.name, found }];
  });
}

/** Facts and everything they are found from, each once, needs first. */
export function withNeeds(facts: readonly AnyFact[]): readonly AnyFact[] {
  const all = new Set<AnyFact>();
  const add = (fact: AnyFact): void => {
    for (const need of fact.needs) add(need);
    all.add(fact);
  };
  for (const fact of facts) add(fact);
  return [...all];
}
