import type { FactEntry, Trace, TraceEntry } from '@vratny/journal';
import type { Delay } from '@vratny/smtp';
import { type AnyCheck, PASS, type Verdict } from './check.ts';
import type { AnyFact, Known } from './fact.ts';
import type { JudgedStage, Policy } from './policy.ts';
import { STAGES, type Stage } from './stage.ts';
import { type Alarm, type Found, SESSION_OVER, type Visit, withNeeds } from './visit.ts';

/** A verdict with everything that led to it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The check that decided. */
  readonly by: string | undefined;
  readonly trace: Trace;
  /** Facts about the sender of a refusal that were still being found. Undefined when none is missing. */
  readonly later: LaterFacts | undefined;
  /** Failures of our own components, whatever the verdict. */
  readonly alarms: readonly Alarm[];
}

/** Facts that a verdict did not wait for. */
export interface LaterFacts {
  /** Those that the trace lacks. Rejects only for a bug of a fact. */
  readonly facts: Promise<readonly FactEntry[]>;
  /** They go on being found when the visit is left, until the returned function is called. */
  hold(): () => void;
}

/** The delay for a check with a bug: it neither refuses nor passes. */
const BROKEN: Delay = '451 4.3.0 this server could not finish its checks, please try again later';

/** Starts the facts of the visit's stage that the policy needs, at whatever stage their checks are judged. */
export function startFacts(policy: Policy, visit: Visit): void {
  visit.start(compilePolicy(policy).starts[visit.stage]);
}

/**
 * Judges the checks of the stage in order. The first objection decides; only a delay that is caused by a fault yields
 * to a refusal of a later check, and no further lazy fact is started then. Synchronous when every fact that decides is
 * known.
 */
export function judge<S extends JudgedStage>(policy: Policy, stage: S, visit: Visit<S>): Judgement | Promise<Judgement> {
  return new Judging(policy, stage, visit).go();
}

const NO_FACTS: readonly AnyFact[] = [];

/** A running judgement. It stops at a fact that is not known yet, and continues when it is. */
class Judging {
  readonly #compiled: CompiledStage;
  readonly #stage: JudgedStage;
  readonly #visit: Visit;
  readonly #entries: TraceEntry[] = [];
  #next = 0;
  /** A delay that is caused by a fault. */
  #waiting: Decision | undefined = undefined;

  readonly #policy: Policy;

  constructor(policy: Policy, stage: JudgedStage, visit: Visit) {
    this.#policy = policy;
    this.#compiled = compileStage(policy[stage]);
    this.#stage = stage;
    this.#visit = visit;
  }

  go(): Judgement | Promise<Judgement> {
    const { checks } = this.#compiled;
    for (let one = checks[this.#next]; one !== undefined; one = checks[++this.#next]) {
      if (one.check.observed) {
        this.#entries.push(observed(one, this.#visit));
        continue;
      }
      if (this.#waiting !== undefined && one.needsLazy) {
        this.#entries.push({ check: one.check.name, outcome: 'unasked' });
        continue;
      }
      const missing = gather(one, this.#visit);
      if (missing !== undefined) return missing.then(() => this.go());
      const decision = this.#take(one, answerFrom(one, this.#visit) ?? broken(one.check, 'its facts were asked for and are not there'));
      if (decision !== undefined) return this.#conclude(decision);
    }
    return this.#conclude(this.#waiting ?? { by: undefined, verdict: PASS });
  }

  /** Records the answer of a check; returns the decision when no further check is needed. */
  #take({ check }: CompiledCheck, { verdict, fromFault, entry }: Answer): Decision | undefined {
    this.#entries.push(entry);
    if (verdict.kind === 'pass') return undefined;
    const decision: Decision = { by: check.name, verdict };
    if (verdict.kind === 'delay' && fromFault) {
      this.#waiting ??= decision;
      return undefined;
    }
    return verdict.kind === 'refuse' ? decision : (this.#waiting ?? decision);
  }

  #conclude({ by, verdict }: Decision): Judgement {
    // Who was refused is told whatever decided: only a sender that is known can ask for more.
    const evidence = verdict.kind === 'refuse' ? compilePolicy(this.#policy).evidence : NO_FACTS;
    const told = evidence.length === 0 ? this.#compiled.facts : [...new Set([...this.#compiled.facts, ...evidence])];
    const decider = by === undefined ? {} : { by };
    const facts = factEntries(this.#visit, told);
    const trace: Trace = { stage: this.#stage, verdict: verdict.kind, ...decider, checks: this.#entries, facts };
    const missing = evidence.flatMap((fact) => this.#visit.underWay(fact) ?? []);
    return {
      verdict,
      by,
      trace,
      later: laterFacts(this.#visit, { missing, evidence, known: facts }),
      alarms: alarmsOf(this.#visit, this.#compiled.alarming),
    };
  }
}

interface Missing {
  readonly missing: readonly Promise<unknown>[];
  readonly evidence: readonly AnyFact[];
  readonly known: readonly FactEntry[];
}

function laterFacts(visit: Visit, { missing, evidence, known }: Missing): LaterFacts | undefined {
  if (missing.length === 0) return undefined;
  const names = new Set(known.map(({ fact }) => fact));
  const facts = Promise.all(missing).then(() => factEntries(visit, evidence).filter(({ fact }) => !names.has(fact)));
  return { facts, hold: () => visit.hold() };
}

interface Decision {
  readonly by: string | undefined;
  readonly verdict: Verdict;
}

interface Answer {
  readonly verdict: Verdict;
  readonly fromFault: boolean;
  readonly entry: TraceEntry;
}

/**
 * Finds the facts that the check needs, and no more: none after a true exemption or a fault. Returns the first fact
 * that has to be waited for; when that is known it is called again.
 */
function gather(one: CompiledCheck, visit: Visit): Promise<Found<unknown>> | undefined {
  for (const exemption of one.exemptions) {
    const found = visit.find(exemption);
    if (found instanceof Promise) return found;
    if (found.known && found.value === true) return undefined;
  }
  for (const fact of one.facts) {
    const found = visit.find(fact);
    if (found instanceof Promise) return found;
    if (!found.known) return undefined;
  }
  return undefined;
}

/** The answer of the check from known facts; undefined when one is missing. Starts nothing. */
function answerFrom(one: CompiledCheck, visit: Visit): Answer | undefined {
  const { check } = one;
  let missing = false;
  let missingExemption: MissingFact | undefined;
  for (const fact of check.exemptions) {
    const found = visit.peek(fact);
    if (found === undefined) missing = true;
    else if (!found.known) missingExemption ??= { fact, found };
    else if (found.value) return passed({ check: check.name, outcome: 'exempt', detail: fact.name });
  }
  if (missing) return undefined;
  for (const fact of one.facts) {
    const found = visit.peek(fact);
    if (found === undefined) return undefined;
    if (!found.known) return faulty(check, { fact, found });
  }
  const answer = askCheck(one, visit);
  if (answer.verdict.kind === 'pass' || answer.fromFault || missingExemption === undefined) return answer;
  // Whether the check applies at all is not known, so it may only delay.
  return faulty({ ...check, onFault: 'delay' }, missingExemption);
}

function askCheck({ check, passed: entry }: CompiledCheck, visit: Visit): Answer {
  const known: Known = (fact) => {
    const found = check.facts.includes(fact) ? visit.peek(fact) : undefined;
    if (!found?.known) throw new Error(`${check.name} asked for ${fact.name}, which it did not name`);
    return found.value;
  };
  try {
    const verdict = check.judge(visit.context, known);
    if (verdict.kind === 'pass') return passed(entry);
    return { verdict, fromFault: false, entry: { check: check.name, outcome: verdict.kind, reply: verdict.reply } };
  } catch (error) {
    return broken(check, String(error));
  }
}

function passed(entry: TraceEntry): Answer {
  return { verdict: PASS, fromFault: false, entry };
}

/** A fact that could not be found. */
interface MissingFact {
  readonly fact: AnyFact;
  readonly found: Extract<Found<unknown>, { known: false }>;
}

function faulty(check: AnyCheck, { fact, found }: MissingFact): Answer {
  const detail = `${fact.name}: ${found.detail}`;
  // A fault passes where the check says so; a bug never does.
  if (found.kind === 'bug') return broken(check, detail);
  if (check.onFault === 'pass') return passed({ check: check.name, outcome: 'fault', detail });
  return fromFault({ check: check.name, outcome: 'fault', reply: check.cannotTell, detail }, check.cannotTell);
}

function broken(check: AnyCheck, detail: string): Answer {
  return fromFault({ check: check.name, outcome: 'fault', reply: BROKEN, detail: `bug: ${detail}` }, BROKEN);
}

function fromFault(entry: TraceEntry, reply: Delay): Answer {
  return { verdict: { kind: 'delay', reply }, fromFault: true, entry };
}

/** The answer of a check that is only observed, from known facts. */
function observed(one: CompiledCheck, visit: Visit): TraceEntry {
  const entry = answerFrom(one, visit)?.entry ?? { check: one.check.name, outcome: 'unknown' };
  return { ...entry, observed: true };
}

/** What a policy asks for, prepared once for all mail. */
interface CompiledPolicy {
  /**
   * For each stage, the facts of that stage that checks of any stage and stamps ask for, in the order in which they are
   * started: needs first, none that needs a lazy one.
   */
  readonly starts: Readonly<Record<Stage, readonly AnyFact[]>>;
  /** Everything that a check or a stamp asks for, and what that is found from. */
  readonly asked: ReadonlySet<AnyFact>;
  /** Those of them that say who the sender is. */
  readonly evidence: readonly AnyFact[];
}

/** The checks that are judged at one stage. */
interface CompiledStage {
  readonly checks: readonly CompiledCheck[];
  /** The facts of its checks in the order of the trace: each once, needs first. */
  readonly facts: readonly AnyFact[];
  /** Those of them whose failure alarms. */
  readonly alarming: readonly AnyFact[];
}

/** A check with its facts in the order in which they are asked for. */
interface CompiledCheck {
  readonly check: AnyCheck;
  /** Facts without lazy needs come first: a lazy one is not started when another fact of the same check failed. */
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
function compilePolicy(policy: Policy): CompiledPolicy {
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
    evidence: all.filter((fact) => fact.evidence),
  };
}

const compiledStages = new WeakMap<readonly AnyCheck[], CompiledStage>();

/** The compiled form of the checks of one stage, made when it is first asked for. */
function compileStage(checks: readonly AnyCheck[]): CompiledStage {
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
    exemptions: needsFirst(check.exemptions),
    facts: needsFirst(check.facts),
    needsLazy: factsOf(check).some((fact) => fact.needsLazy),
    passed: { check: check.name, outcome: 'pass' },
  };
}

function factsOf(check: AnyCheck): readonly AnyFact[] {
  return [...check.exemptions, ...check.facts];
}

function needsFirst(facts: readonly AnyFact[]): readonly AnyFact[] {
  return facts.toSorted((a, b) => Number(a.needsLazy) - Number(b.needsLazy));
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

/**
 * The alarms among these facts: each at the fact that failed itself, not at those that need it. A client that left
 * raises none.
 */
function alarmsOf(visit: Visit, facts: readonly AnyFact[]): readonly Alarm[] {
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
