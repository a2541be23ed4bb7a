import { type Cancellation, type Canceller, createCanceller, onAbort, startDeadline, until } from '@vratny/waiting';
import { type AnyFact, type Fact, FactFault, type Known } from './fact.ts';
import type { Ports } from './ports.ts';
import type { ContextOf, Stage } from './stage.ts';

/** The result of a fact. `bug`: the finder threw something other than {@link FactFault}. */
export type Found<V> =
  | { readonly known: true; readonly value: V; readonly ms: number }
  | { readonly known: false; readonly kind: 'fault' | 'timeout' | 'bug'; readonly detail: string; readonly ms: number };

/** A failed fact about our own components. `found` is one object for all decisions that use it. */
export interface Alarm {
  readonly fact: string;
  readonly found: Extract<Found<unknown>, { known: false }>;
}

/** Options of a visit. */
export interface VisitOptions {
  readonly ports: Ports;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/**
 * What a session has at one stage: the context of the stage, and the facts found for it, each at most once. A visit is
 * opened from that of an earlier stage, which it asks for the facts of that stage. Every recipient has one of its own,
 * opened from that of MAIL, and so has the message.
 */
export interface Visit<S extends Stage = Stage> {
  readonly stage: S;
  readonly context: ContextOf[S];
  /** Starts facts that are not lazy, with what they need. Facts that need a lazy one wait until they are asked for. */
  start(facts: Iterable<AnyFact>): void;
  /**
   * Finds a fact of this stage or an earlier one, and starts it if necessary. Synchronous when it is known. Never
   * throws and never rejects.
   */
  find<V>(fact: Fact<Stage, V>): Found<V> | Promise<Found<V>>;
  /** The fact if it has been found by now. */
  peek<V>(fact: Fact<Stage, V>): Found<V> | undefined;
  /** What a fact that is being found is waited for by; undefined when it was found, or nobody asked for it. */
  underWay(fact: AnyFact): Promise<unknown> | undefined;
  /** Opens a later stage. */
  open<T extends Stage>(stage: T, context: ContextOf[T]): Visit<T>;
  /** Cancels the running facts of this visit and of those opened from it; they are not known, because of `why`. */
  leave(why?: string): void;
  /** Leaving this visit, or one that it was opened from, cancels nothing until the returned function is called. */
  hold(): () => void;
}

/** Why facts are not known that nobody waits for any more. */
export const SESSION_OVER = 'the session is over';

class StageVisit<S extends Stage> {
  readonly stage: S;
  readonly context: ContextOf[S];
  readonly #options: VisitOptions;
  readonly #parent: StageVisit<Stage> | undefined;
  /** Results and running facts, by the facts themselves: facts may have equal names. */
  readonly #facts = new Map<AnyFact, Found<unknown> | Promise<Found<unknown>>>();
  /** Why it was left. */
  #left: string | undefined = undefined;
  /** How many still want what is being found. */
  #holders = 0;
  /** Made when something is waited for. */
  #leaving: Canceller | undefined = undefined;

  constructor(stage: S, context: ContextOf[S], options: VisitOptions, parent: StageVisit<Stage> | undefined) {
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

  underWay(fact: AnyFact): Promise<unknown> | undefined {
    if (fact.stage !== this.stage) return this.#parent?.underWay(fact);
    const found = this.#facts.get(fact);
    return found instanceof Promise ? found : undefined;
  }

  open<T extends Stage>(stage: T, context: ContextOf[T]): Visit<T> {
    return new StageVisit(stage, context, this.#options, this);
  }

  leave(why: string = SESSION_OVER): void {
    this.#left ??= why;
    this.#cancelIfLeft();
  }

  hold(): () => void {
    const visits: StageVisit<Stage>[] = [];
    for (let one: StageVisit<Stage> | undefined = this as unknown as StageVisit<Stage>; one !== undefined; one = one.#parent)
      visits.push(one);
    for (const one of visits) one.#holders += 1;
    return () => {
      for (const one of visits.splice(0)) {
        one.#holders -= 1;
        one.#cancelIfLeft();
      }
    };
  }

  #cancelIfLeft(): void {
    if (this.#left !== undefined && this.#holders === 0) this.#leaving?.abort();
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

  /** Starts a fact whose needs have been found. */
  #look(fact: AnyFact, startedAt: number): Found<unknown> | Promise<Found<unknown>> {
    const took = () => Math.max(0, this.#options.monotonicMs() - startedAt);
    for (const need of fact.needs) {
      const found = this.peek(need) ?? noStage(need);
      if (!found.known) return { ...found, detail: `${need.name}: ${found.detail}`, ms: took() };
    }
    const left = this.#whyLeft();
    if (left !== undefined) return { known: false, kind: 'fault', detail: left, ms: took() };
    const known: Known = (one) => valueIn(this.peek(one)) as never;
    const stop = createCanceller();
    let answer: unknown;
    try {
      answer = fact.find(this.context, this.#options.ports, known, stop.signal);
      if (answer instanceof Promise)
        return waitFor(fact, answer, { stop, leaving: this.#leavingSignal(), whyLeft: () => this.#whyLeft(), took });
    } catch (error) {
      stop.abort();
      return failed(error, took());
    }
    // Whatever the finder left running is of no use any more.
    stop.abort();
    return { known: true, value: answer, ms: took() };
  }

  /** Why this visit was left, or one of an earlier stage. */
  #whyLeft(): string | undefined {
    const own = this.#holders === 0 ? this.#left : undefined;
    return own ?? (this.#parent === undefined ? undefined : this.#parent.#whyLeft());
  }

  #leavingSignal(): Cancellation {
    this.#leaving ??= createCanceller(this.#parent === undefined ? undefined : this.#parent.#leavingSignal());
    this.#cancelIfLeft();
    return this.#leaving.signal;
  }
}

/** Opens the first stage of a session. */
export function openVisit<S extends Stage>(stage: S, context: ContextOf[S], options: VisitOptions): Visit<S> {
  return new StageVisit(stage, context, options, undefined);
}

function noStage(fact: AnyFact): Found<never> {
  return { known: false, kind: 'bug', detail: `${fact.name} belongs to stage ${fact.stage}, which was never opened`, ms: 0 };
}

function valueIn(found: Found<unknown> | undefined): unknown {
  return found?.known ? found.value : undefined;
}

/** The result when a finder threw: any error but {@link FactFault} is a bug. */
function failed(error: unknown, ms: number): Found<never> {
  if (error instanceof FactFault) return { known: false, kind: 'fault', detail: error.message, ms };
  return { known: false, kind: 'bug', detail: String(error), ms };
}

interface Waiting {
  /** Tells the finder to stop. */
  readonly stop: Canceller;
  /** The visit was left. */
  readonly leaving: Cancellation;
  readonly whyLeft: () => string | undefined;
  readonly took: () => number;
}

/**
 * Waits for a finder until the fact's deadline. After that the finder is cancelled by its signal, and its error is
 * ignored.
 */
async function waitFor(fact: AnyFact, work: Promise<unknown>, { stop, leaving, whyLeft, took }: Waiting): Promise<Found<unknown>> {
  using deadline = startDeadline(fact.deadlineMs, { signal: leaving });
  const stopFollowing = onAbort(deadline.signal, () => stop.abort(deadline.signal.reason));
  const answer = work.then(
    (value): Found<unknown> => ({ known: true, value, ms: took() }),
    (error: unknown) => failed(error, took()),
  );
  const found = await until(answer, deadline.signal, (): Found<unknown> => {
    const ending = deadline.passed
      ? ({ kind: 'timeout', detail: `no answer within ${fact.deadlineMs} ms` } as const)
      : ({ kind: 'fault', detail: whyLeft() ?? SESSION_OVER } as const);
    return { known: false, ...ending, ms: took() };
  });
  stopFollowing();
  // Whatever the finder left running is of no use any more.
  stop.abort();
  return found;
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
