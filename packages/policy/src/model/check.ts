import type { Delay, Refusal } from '@vratny/smtp';
import { type AnyFact, type Fact, type Known, readerOf, type ValuesOf } from './fact.ts';
import { type ContextOf, isWithin, type Stage, type Within } from './stage.ts';

/** A question with a yes-or-no answer about facts: pure and synchronous. */
export interface Check<S extends Stage = Stage> {
  readonly name: string;
  /** The first stage at which it may be judged. */
  readonly stage: S;
  /** One sentence for a domain owner: what it refuses. */
  readonly summary: string;
  /** Code and enhanced code of everything that it can answer. */
  readonly says: readonly string[];
  /** What it judges by. */
  readonly facts: readonly AnyFact[];
  /** The check passes when one of these is true. */
  readonly exemptions: readonly Fact<Stage, boolean>[];
  /** It is only recorded, and does not affect the verdict. */
  readonly observed: boolean;
  /** The verdict when a fact cannot be found. */
  readonly onFault: 'delay' | 'pass';
  /** The reply when a fact cannot be found. */
  readonly cannotTell: Delay;
  readonly judge: (context: ContextOf[S], known: Known) => Verdict;
}

// biome-ignore lint/suspicious/noExplicitAny: the one place where checks of different stages stand side by side
export type AnyCheck = Check<any>;

/** A check that may be judged at stage S. */
export type CheckAt<S extends Stage> = { [T in Within[S]]: Check<T> }[Within[S]];

type FactAt<S extends Stage> = { [T in Within[S]]: Fact<T, unknown> }[Within[S]];

interface CheckSpec<S extends Stage, F> {
  readonly name: string;
  readonly stage: S;
  readonly summary: string;
  readonly says: readonly string[];
  readonly facts: F;
  readonly onFault?: 'delay' | 'pass';
  readonly cannotTell: Delay;
  judge(context: ContextOf[S], facts: ValuesOf<F>): Verdict;
}

/** Makes a check. Its facts are of its stage or an earlier one. */
export function check<S extends Stage, const F extends Readonly<Record<string, FactAt<NoInfer<S>>>>>(spec: CheckSpec<S, F>): Check<S> {
  const read = readerOf(spec.facts);
  return {
    name: spec.name,
    stage: spec.stage,
    summary: spec.summary,
    says: spec.says,
    facts: Object.values(spec.facts),
    exemptions: [],
    observed: false,
    onFault: spec.onFault ?? 'delay',
    cannotTell: spec.cannotTell,
    judge: (context, known) => spec.judge(context, read(known)),
  };
}

/**
 * Passes without asking the check when the exemption is true. The check is then judged at the later of the two stages,
 * where both are known: one of the two must be within the other.
 */
export function unless<T extends Stage, S extends Within[T]>(exemption: Fact<S, boolean>, one: Check<T>): Check<T>;
export function unless<S extends Stage, T extends Within[S]>(exemption: Fact<S, boolean>, one: Check<T>): Check<S>;
export function unless(exemption: Fact<Stage, boolean>, one: AnyCheck): AnyCheck {
  const stage = isWithin(exemption.stage, one.stage) ? one.stage : exemption.stage;
  return { ...one, stage, exemptions: [...one.exemptions, exemption] };
}

/** Only records the result of the check, which is never waited for. */
export function observe<S extends Stage>(one: Check<S>): Check<S> {
  return { ...one, observed: true };
}

/** The result of a check. There is no accept: a check can only object. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly reply: Delay }
  | { readonly kind: 'refuse'; readonly reply: Refusal };

/** No objection. */
export const PASS: Verdict = { kind: 'pass' };

/** Not now. */
export function delay(reply: Delay): Verdict {
  return { kind: 'delay', reply };
}

/** Never. */
export function refuse(reply: Refusal): Verdict {
  return { kind: 'refuse', reply };
}
