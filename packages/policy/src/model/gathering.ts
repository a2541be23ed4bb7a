import type { FactEntry } from '@vratny/journal';
import { type Cancellation, type Canceller, createCanceller, onAbort, startDeadline, until } from '@vratny/waiting';
import { type AnyFact, type Fact, FactFault, type Known } from './fact.ts';
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
  /**
   * Finds a fact of this stage or an earlier one; starts it when nobody did. What is there at once, or was found before, is no promise. Never throws and never
   * rejects.
   */
  find<V>(fact: Fact<Stage, V>): Found<V> | Promise<Found<V>>;
  /** The fact if it has been found by now. */
  peek<V>(fact: Fact<Stage, V>): Found<V> | undefined;
  /** Opens a later stage. */
  open<T extends Stage>(stage: T, context: ContextOf[T]): Visit<T>;
  /** Ends what is still being looked for, here and at the stages opened from here. */
  leave(): void;
}

const SESSION_OVER = 'the session is over';

class StageVisit<S extends Stage> {
  readonly stage: S;
  readonly context: ContextOf[S];
  readonly #options: GatheringOptions;
  readonly #parent: StageVisit<Stage> | undefined;
  /** What was found, or will be. By the facts themselves: two facts that happen to bear one name are two facts. */
  readonly #facts = new Map<AnyFact, Found<unknown> | Promise<Found<unknown>>>();
  #left = false;
  /** Made when something is waited for. */
  #leaving: Canceller | undefined = undefined;

  constructor(stage: S, context: ContextOf[S], options: GatheringOptions, parent: StageVisit<Stage> | undefined) {
    this.stage = stage;
    this.context = context;
    this.#options = options;
    this.#parent = parent;
  }

  start(facts: Iterable<AnyFact>): void {
    for (const fact of facts) if (!fact.needsLazy) void this.find(fact);
  }

  find<V>(fact: Fact<Stage, V>): Found<V> | Promise<Found<V>> {
    if (fact.stage !== this.stage) return this.#parent === undefined ? noStage(fact) : this.#parent.find(fact);
    return (this.#facts.get(fact) ?? this.#begin(fact)) as Found<V> | Promise<Found<V>>;
  }

  peek<V>(fact: Fact<Stage, V>): Found<V> | undefined {
    if (fact.stage !== this.stage) return this.#parent?.peek(fact);
    const found = this.#facts.get(fact);
    return found instanceof Promise ? undefined : (found as Found<V> | undefined);
  }

  open<T extends Stage>(stage: T, context: ContextOf[T]): Visit<T> {
    return new StageVisit(stage, context, this.#options, this);
  }

  leave(): void {
    this.#left = true;
    this.#leaving?.abort();
  }

  #begin(fact: AnyFact): Found<unknown> | Promise<Found<unknown>> {
    const startedAt = this.#options.monotonicMs();
    const needed: Promise<unknown>[] = [];
    for (const need of fact.needs) {
      const found = this.find(need);
      if (found instanceof Promise) needed.push(found);
    }
    const found = needed.length === 0 ? this.#look(fact, startedAt) : Promise.all(needed).then(() => this.#look(fact, startedAt));
    const kept = found instanceof Promise ? found.then((settled) => this.#settle(fact, settled)) : found;
    this.#facts.set(fact, kept);
    return kept;
  }

  #settle(fact: AnyFact, found: Found<unknown>): Found<unknown> {
    this.#facts.set(fact, found);
    return found;
  }

  /** Looks for a fact whose needs have been found. */
  #look(fact: AnyFact, startedAt: number): Found<unknown> | Promise<Found<unknown>> {
    const took = () => Math.max(0, this.#options.monotonicMs() - startedAt);
    for (const need of fact.needs) {
      const found = this.peek(need) ?? noStage(need);
      if (!found.known) return { ...found, detail: `${need.name}: ${found.detail}`, ms: took() };
    }
    if (this.#isOver()) return { known: false, kind: 'fault', detail: SESSION_OVER, ms: took() };
    const known: Known = (one) => valueIn(this.peek(one)) as never;
    const stop = createCanceller();
    let answer: unknown;
    try {
      answer = fact.find(this.context, this.#options.ports, known, stop.signal);
      if (answer instanceof Promise) return waitFor(fact, answer, { stop, leaving: this.#leavingSignal(), took });
    } catch (error) {
      stop.abort();
      return failed(error, took());
    }
    // Whatever the finder left running is of no use any more.
    stop.abort();
    return { known: true, value: answer, ms: took() };
  }

  /** This visit was left, or one of an earlier stage. */
  #isOver(): boolean {
    if (this.#left) return true;
    return this.#parent === undefined ? false : this.#parent.#isOver();
  }

  #leavingSignal(): Cancellation {
    this.#leaving ??= createCanceller(this.#parent === undefined ? undefined : this.#parent.#leavingSignal());
    if (this.#left) this.#leaving.abort();
    return this.#leaving.signal;
  }
}

/** Opens the first stage of a session. */
export function openVisit<S extends Stage>(stage: S, context: ContextOf[S], options: GatheringOptions): Visit<S> {
  return new StageVisit(stage, context, options, undefined);
}

function noStage(fact: AnyFact): Found<never> {
  return { known: false, kind: 'bug', detail: `${fact.name} belongs to stage ${fact.stage}, which was never opened`, ms: 0 };
}

function valueIn(found: Found<unknown> | undefined): unknown {
  return found?.known ? found.value : undefined;
}

/** A finder threw: what is no fault of the world is a bug. */
function failed(error: unknown, ms: number): Found<never> {
  if (error instanceof FactFault) return { known: false, kind: 'fault', detail: error.message, ms };
  return { known: false, kind: 'bug', detail: String(error), ms };
}

interface Waiting {
  /** Tells the finder to stop. */
  readonly stop: Canceller;
  /** The visit was left. */
  readonly leaving: Cancellation;
  readonly took: () => number;
}

/** Waits for a finder under the fact's deadline. Once its time is over the finder is told by its signal, and its late error is nobody's. */
async function waitFor(fact: AnyFact, work: Promise<unknown>, { stop, leaving, took }: Waiting): Promise<Found<unknown>> {
  using deadline = startDeadline(fact.deadlineMs, { signal: leaving });
  const stopFollowing = onAbort(deadline.signal, () => stop.abort(deadline.signal.reason));
  const answer = work.then(
    (value): Found<unknown> => ({ known: true, value, ms: took() }),
    (error: unknown) => failed(error, took()),
  );
  const found = await until(answer, deadline.signal, (): Found<unknown> => {
    const ending = deadline.passed
      ? ({ kind: 'timeout', detail: `no answer within ${fact.deadlineMs} ms` } as const)
      : ({ kind: 'fault', detail: SESSION_OVER } as const);
    return { known: false, ...ending, ms: took() };
  });
  stopFollowing();
  // Whatever the finder left running is of no use any more.
  stop.abort();
  return found;
}

/** The entries of facts in the trace, in the order given; facts nobody found are left out. */
export function factEntries(visit: Visit, facts: readonly AnyFact[]): readonly FactEntry[] {
  const entries: FactEntry[] = [];
  for (const fact of facts) {
    const found = visit.peek(fact);
    if (!found) continue;
    const ms = Math.round(found.ms * 10) / 10;
    const entry = { fact: fact.name, ms };
    entries.push(found.known ? { ...entry, value: fact.describe(found.value) } : { ...entry, value: found.detail, fault: true });
  }
  return entries;
}

const NONE: readonly Alarm[] = [];

/** The alarms among these facts: each by the fact that failed itself, not by those found from it; a client that left in the midst is none. */
export function alarmsOf(visit: Visit, facts: readonly AnyFact[]): readonly Alarm[] {
  let alarms: Alarm[] | undefined;
  for (const fact of facts) {
    const found = fact.alarm ? visit.peek(fact) : undefined;
    if (!found || found.known || found.detail === SESSION_OVER) continue;
    if (fact.needs.some((need) => visit.peek(need)?.known === false)) continue;
    alarms ??= [];
    alarms.push({ fact: fact.name, found });
  }
  return alarms ?? NONE;
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
