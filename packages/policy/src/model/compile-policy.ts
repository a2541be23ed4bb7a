import type { TraceEntry } from '@vratny/journal';
import type { AnyCheck } from './check.ts';
import type { AnyFact } from './fact.ts';
import { withNeeds } from './gathering.ts';
import type { Policy } from './policy.ts';
import { STAGES, type Stage } from './stage.ts';

/** What a policy asks for, with everything resolved that is the same for all mail. */
interface CompiledPolicy {
  /** For each stage, the facts of that stage that checks of any stage and stamps ask for, in the order in which they are started: needs first, none that needs a lazy one. */
  readonly starts: Readonly<Record<Stage, readonly AnyFact[]>>;
  /** Everything that a check or a stamp asks for, and what that is found from. */
  readonly asked: ReadonlySet<AnyFact>;
}

/** The checks that are judged at one stage. */
export interface CompiledStage {
  readonly checks: readonly CompiledCheck[];
  /** The facts of its checks in the order of the trace: each once, needs first. */
  readonly facts: readonly AnyFact[];
  /** Those of them whose failure alarms. */
  readonly alarming: readonly AnyFact[];
}

/** A check with its facts in the order in which they are asked for. */
export interface CompiledCheck {
  readonly check: AnyCheck;
  /** Those that need nothing lazy come first: a lazy one is not asked for when another of the same check is not to be had. */
  readonly exemptions: readonly AnyFact[];
  readonly facts: readonly AnyFact[];
  /** One of its facts or exemptions needs a lazy fact. */
  readonly needsLazy: boolean;
  /** Its entry in the trace when it passes. */
  readonly passed: TraceEntry;
}

/** True when a check or a stamp of the policy is about the fact, or about what is found from it. */
export function asks(policy: Policy, fact: AnyFact): boolean {
  return compilePolicy(policy).asked.has(fact);
}

const compiledPolicies = new WeakMap<Policy, CompiledPolicy>();

/** The compiled form of a policy, made when it is first asked for. Policies do not change. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const present = compiledPolicies.get(policy);
  if (present !== undefined) return present;
  const made = compile(policy);
  compiledPolicies.set(policy, made);
  return made;
}

function compile(policy: Policy): CompiledPolicy {
  const checks: readonly AnyCheck[] = [...policy.mail, ...policy.rcpt, ...policy.message];
  const all = withNeeds([...checks.flatMap(factsOf), ...policy.stamps.flatMap((stamp) => stamp.facts)]);
  const starts = STAGES.map((stage) => [stage, all.filter((fact) => fact.stage === stage && !fact.needsLazy)]);
  return {
    starts: Object.fromEntries(starts) as CompiledPolicy['starts'],
    asked: new Set(all),
  };
}

const compiledStages = new WeakMap<readonly AnyCheck[], CompiledStage>();

/** The compiled form of the checks of one stage, made when it is first asked for. */
export function compileStage(checks: readonly AnyCheck[]): CompiledStage {
  const present = compiledStages.get(checks);
  if (present !== undefined) return present;
  const facts = withNeeds(checks.flatMap(factsOf));
  const made = { checks: checks.map(compileCheck), facts, alarming: facts.filter((fact) => fact.alarm) };
  compiledStages.set(checks, made);
  return made;
}

function compileCheck(check: AnyCheck): CompiledCheck {
  return {
    check,
    exemptions: inTurn(check.exemptions),
    facts: inTurn(check.facts),
    needsLazy: factsOf(check).some((fact) => fact.needsLazy),
    passed: { check: check.name, outcome: 'pass' },
  };
}

function factsOf(check: AnyCheck): readonly AnyFact[] {
  return [...check.exemptions, ...check.facts];
}

function inTurn(facts: readonly AnyFact[]): readonly AnyFact[] {
  return facts.toSorted((a, b) => Number(a.needsLazy) - Number(b.needsLazy));
}
