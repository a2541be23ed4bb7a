import type { Cancellation } from '@vratny/waiting';
import type { Ports } from './ports.ts';
import type { ContextOf, Stage, Within } from './stage.ts';

/** Something to find out, once per visit to its stage. Facts find out; they never judge. */
export interface Fact<S extends Stage = Stage, V = unknown> {
  readonly name: string;
  readonly stage: S;
  /** After so many milliseconds the fact is a fault. */
  readonly deadlineMs: number;
  /** It is expensive or has a side effect: started only when all earlier checks have passed. */
  readonly lazy: boolean;
  /** It, or something that it is found from, is lazy. */
  readonly needsLazy: boolean;
  /** It asks our own components: a fault raises an alarm. Faults of others (their DNS) do not. */
  readonly alarm: boolean;
  /** It says who the sender is: the trace of every refusal tells it, also of one that was decided without it. */
  readonly evidence: boolean;
  /** Facts that it is found from. */
  readonly needs: readonly AnyFact[];
  /**
   * Finds the value. Throws {@link FactFault}, or rejects with it, when the value cannot be found. A value that is
   * known at once is returned as it is: only a promise gets a timer and is awaited.
   */
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

/** The value cannot be found. The message is for the log. */
export class FactFault extends Error {
  override readonly name = 'FactFault';
}

interface FactSpec<S extends Stage, N, P extends readonly (keyof Ports)[], V> {
  readonly name: string;
  readonly stage: S;
  readonly deadlineMs: number;
  readonly lazy?: boolean;
  readonly alarm?: boolean;
  readonly evidence?: boolean;
  readonly needs: N;
  readonly ports: P;
  find(context: ContextOf[S], needs: ValuesOf<N>, ports: Pick<Ports, P[number]>, signal: Cancellation): Promise<V> | V;
  describe?(value: V): string;
}

/**
 * Makes a fact. `needs` are imported facts of this stage or an earlier one, `ports` the only ports that it is given.
 */
export function fact<
  S extends Stage,
  const N extends Readonly<Record<string, FactWithin<NoInfer<S>>>>,
  // The list itself, not its members: an empty list would leave the members open, and give every port.
  const P extends readonly (keyof Ports)[],
  V,
>(spec: FactSpec<S, N, P, V>): Fact<S, V> {
  const needs = Object.values(spec.needs);
  const lazy = spec.lazy ?? false;
  const readNeeds = readerOf(spec.needs);
  const narrow = portPicker(spec.ports);
  return {
    name: spec.name,
    stage: spec.stage,
    deadlineMs: spec.deadlineMs,
    lazy,
    needsLazy: lazy || needs.some((need) => need.needsLazy),
    alarm: spec.alarm ?? false,
    evidence: spec.evidence ?? false,
    needs,
    find: (context, ports, known, signal) => spec.find(context, readNeeds(known), narrow(ports), signal),
    describe: (value) => describeSafely(() => spec.describe?.(value) ?? describeAny(value)),
  };
}

/** Reads the values of a record of facts that have all been found. The record is taken apart once, here. */
export function readerOf<N extends Readonly<Record<string, AnyFact>>>(facts: N): (known: Known) => ValuesOf<N> {
  const entries = Object.entries(facts);
  return (known) => {
    const values: Record<string, unknown> = {};
    for (const [key, one] of entries) values[key] = known(one);
    return values as ValuesOf<N>;
  };
}

/** Selects ports by name, once for each set of ports; a host has one. */
function portPicker<P extends readonly (keyof Ports)[]>(names: P): (ports: Ports) => Pick<Ports, P[number]> {
  const narrowed = new WeakMap<Ports, Pick<Ports, P[number]>>();
  return (ports) => {
    const present = narrowed.get(ports);
    if (present !== undefined) return present;
    const picked = Object.fromEntries(names.map((name) => [name, ports[name]])) as Pick<Ports, P[number]>;
    narrowed.set(ports, picked);
    return picked;
  };
}

/** A text for the trace decides nothing, so an error in it is caught. */
function describeSafely(describe: () => string): string {
  try {
    return describe();
  } catch (error) {
    return `not to be described: ${String(error)}`;
  }
}

function describeAny(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'kind' in value) return String(value.kind);
  return JSON.stringify(value) ?? 'undefined';
}
