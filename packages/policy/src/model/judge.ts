import type { Trace, TraceEntry } from '@vratny/journal';
import type { Delay } from '@vratny/smtp';
import { type AnyCheck, PASS, type Verdict } from './check.ts';
import { type CompiledCheck, type CompiledStage, compilePolicy, compileStage } from './compile-policy.ts';
import type { AnyFact, Known } from './fact.ts';
import { type Alarm, alarmsOf, type Found, factEntries, type Visit } from './gathering.ts';
import type { JudgedStage, Policy } from './policy.ts';

/** A verdict with everything that led to it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The check that decided. */
  readonly by: string | undefined;
  readonly trace: Trace;
  /** What of our own machinery failed on the way, whatever the verdict came to. */
  readonly alarms: readonly Alarm[];
}

/** The delay for a check that broke: nobody is refused for our bug, and no mail gets by it. */
const BROKEN: Delay = '451 4.3.0 this server could not finish its checks, please try again later';

/** Starts the facts of the visit's stage that the policy will ask for, wherever their checks are judged. */
export function startFacts(policy: Policy, visit: Visit): void {
  visit.start(compilePolicy(policy).starts[visit.stage]);
}

/**
 * Asks the stage's checks in their order. The first objection decides; only a delay that comes from a fault waits for a refusal further
 * on, and while it waits nothing lazy is asked. The judgement is no promise when every fact that decides it is there already.
 */
export function judge<S extends JudgedStage>(policy: Policy, stage: S, visit: Visit<S>): Judgement | Promise<Judgement> {
  return new Judging(compileStage(policy[stage]), stage, visit).go();
}

/** A judgement in the making. It stops where it needs a fact that is not there yet, and goes on there when the fact has come. */
class Judging {
  readonly #compiled: CompiledStage;
  readonly #stage: JudgedStage;
  readonly #visit: Visit;
  readonly #entries: TraceEntry[] = [];
  #next = 0;
  /** A delay that comes from a fault. */
  #waiting: Decision | undefined = undefined;

  constructor(compiled: CompiledStage, stage: JudgedStage, visit: Visit) {
    this.#compiled = compiled;
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
      const winner = this.#hear(one, answerFrom(one, this.#visit) ?? broken(one.check, 'its facts were asked for and are not there'));
      if (winner !== undefined) return this.#conclude(winner);
    }
    return this.#conclude(this.#waiting ?? { by: undefined, verdict: PASS });
  }

  /** Takes a check's answer; the decision when there is nothing more to ask. */
  #hear({ check }: CompiledCheck, { verdict, fromFault, entry }: Answer): Decision | undefined {
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
    const facts = factEntries(this.#visit, this.#compiled.facts);
    const decider = by === undefined ? {} : { by };
    const trace: Trace = { stage: this.#stage, verdict: verdict.kind, ...decider, checks: this.#entries, facts };
    return { verdict, by, trace, alarms: alarmsOf(this.#visit, this.#compiled.alarming) };
  }
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
 * Finds what the check needs to know, and no more: nothing after a true exemption, nothing after a fault. Returns the first fact that has to be waited for; called
 * again when that is there, it comes further.
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

/** What the check says by what is known now; undefined when something is still missing. Starts nothing and waits for nothing. */
function answerFrom(one: CompiledCheck, visit: Visit): Answer | undefined {
  const { check } = one;
  let missing = false;
  let doubt: Doubt | undefined;
  for (const fact of check.exemptions) {
    const found = visit.peek(fact);
    if (found === undefined) missing = true;
    else if (!found.known) doubt ??= { fact, found };
    else if (found.value) return passed({ check: check.name, outcome: 'exempt', detail: fact.name });
  }
  if (missing) return undefined;
  for (const fact of one.facts) {
    const found = visit.peek(fact);
    if (found === undefined) return undefined;
    if (!found.known) return faulty(check, { fact, found });
  }
  const answer = weigh(one, visit);
  if (answer.verdict.kind === 'pass' || answer.fromFault || doubt === undefined) return answer;
  // Whether the objection should have been made at all is not known: it may only delay, whatever the check does about its own facts.
  return faulty({ ...check, onFault: 'delay' }, doubt);
}

function weigh({ check, passed: entry }: CompiledCheck, visit: Visit): Answer {
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

/** A fact that is not to be had. */
interface Doubt {
  readonly fact: AnyFact;
  readonly found: Extract<Found<unknown>, { known: false }>;
}

function faulty(check: AnyCheck, { fact, found }: Doubt): Answer {
  const detail = `${fact.name}: ${found.detail}`;
  // What went wrong with the world may be passed over where the check says so; our own mistake never.
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

/** What a check that only observes would have said by what is known now. */
function observed(one: CompiledCheck, visit: Visit): TraceEntry {
  const entry = answerFrom(one, visit)?.entry ?? { check: one.check.name, outcome: 'unknown' };
  return { ...entry, observed: true };
}
