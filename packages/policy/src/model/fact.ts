import type { Cancellation } from '@vratny/waiting';
import type { Ports } from './ports.ts';
import type { ContextOf, Stage, Within } from './stage.ts';

/** Something to find out, once per visit to its stage. Facts find out; they never judge. */
export interface Fact<S extends Stage = Stage, V = unknown> {
  readonly name: string;
  readonly stage: S;
  /** After so many milliseconds it is not known. */
  readonly deadlineMs: number;
  /** It costs much or leaves a trace: found in turn, once all earlier checks have passed. */
  readonly lazy: boolean;
  /** It asks our own machinery: when it cannot be told, somebody should look. What strangers break (their DNS) alarms nobody. */
  readonly alarm: boolean;
  /** Facts that it is found from. */
  readonly needs: readonly AnyFact[];
  /** Finds the value out; throws {@link FactFault} when it cannot be told. */
  find(context: ContextOf[S], ports: Ports, known: Known, signal: Cancellation): Promise<V> | V;
  /** The value in a few words, for the trace. */
  describe(value: V): string;
}

/** Gives the values of facts that have been found. */
export type Known = <V>(fact: Fact<Stage, V>) => V;

// A fact of any stage and value: parameters are checked where it is made, so that a list can hold them all.
// biome-ignore lint/suspicious/noExplicitAny: the one place where facts of different stages stand side by side
export type AnyFact = Fact<any, any>;

/** A fact of a stage whose context is part of S's context. */
type FactWithin<S extends Stage> = { [T in Within[S]]: Fact<T, unknown> }[Within[S]];

/** The value of a fact. */
export type ValueOf<F> = F extends Fact<infer _S, infer V> ? V : never;

/** The values of a record of facts. */
export type ValuesOf<N> = { readonly [K in keyof N]: ValueOf<N[K]> };

/** Nothing can be told; the message is for the log. */
export class FactFault extends Error {
  override readonly name = 'FactFault';
}

interface FactSpec<S extends Stage, N, P extends readonly (keyof Ports)[], V> {
  readonly name: string;
  readonly stage: S;
  readonly deadlineMs: number;
  readonly lazy?: boolean;
  readonly alarm?: boolean;
  readonly needs: N;
  readonly ports: P;
  find(context: ContextOf[S], needs: ValuesOf<N>, ports: Pick<Ports, P[number]>, signal: Cancellation): Promise<V> | V;
  describe?(value: V): string;
}

/** Makes a fact. `needs` are imported facts of this stage or an earlier one, `ports` the only ports that it is given. */
export function fact<
  S extends Stage,
  const N extends Readonly<Record<string, FactWithin<NoInfer<S>>>>,
  // The list itself, not its members: an empty list would leave the members open, and give every port.
  const P extends readonly (keyof Ports)[],
  V,
>(spec: FactSpec<S, N, P, V>): Fact<S, V> {
  return {
    name: spec.name,
    stage: spec.stage,
    deadlineMs: spec.deadlineMs,
    lazy: spec.lazy ?? false,
    alarm: spec.alarm ?? false,
    needs: Object.values(spec.needs),
    find: (context, ports, known, signal) => spec.find(context, readAll(spec.needs, known), narrow(ports, spec.ports), signal),
    describe: (value) => describeSafely(() => spec.describe?.(value) ?? describeAny(value)),
  };
}

/** The values of a record of facts that have all been found. */
export function readAll<N extends Readonly<Record<string, AnyFact>>>(facts: N, known: Known): ValuesOf<N> {
  const values = Object.entries(facts).map(([key, one]) => [key, known(one)]);
  return Object.fromEntries(values) as ValuesOf<N>;
}

function narrow<P extends readonly (keyof Ports)[]>(ports: Ports, names: P): Pick<Ports, P[number]> {
  return Object.fromEntries(names.map((name) => [name, ports[name]])) as Pick<Ports, P[number]>;
}

/** What is only written into a trace decides nothing, and may break nothing. */
function describeSafely(describe: () => string): string {
  try {
    return describe();
  } catch (error) {
    return `not to be described: ${String(error)}`;
  }
}

/** The fact, or something that it is found from, is lazy. */
export function needsLazy(fact: AnyFact): boolean {
  return fact.lazy || fact.needs.some(needsLazy);
}

function describeAny(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'kind' in value) return String(value.kind);
  return JSON.stringify(value) ?? 'undefined';
}
