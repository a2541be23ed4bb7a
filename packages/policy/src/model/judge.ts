import type { Trace, TraceEntry } from '@vratny/journal';
import type { Delay } from '@vratny/smtp';
import type { AnyCheck } from './check.ts';
import { type AnyFact, type Known, needsLazy } from './fact.ts';
import { type Alarm, alarmsOf, type Found, factEntries, type Visit, withNeeds } from './gathering.ts';
import type { JudgedStage, Policy } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

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
  const wanted = [...policy.mail, ...policy.rcpt, ...policy.message].flatMap((check) => factsOf(check));
  const stamped = policy.stamps.flatMap((stamp) => stamp.facts);
  visit.start(withNeeds([...wanted, ...stamped]).filter((fact) => fact.stage === visit.stage));
}

/**
 * Asks the stage's checks in their order. The first objection decides; only a delay that comes from a fault waits for a refusal further
 * on, and while it waits nothing lazy is asked.
 */
export async function judge<S extends JudgedStage>(policy: Policy, stage: S, visit: Visit<S>): Promise<Judgement> {
  const checks: readonly AnyCheck[] = policy[stage];
  const entries: TraceEntry[] = [];
  let waiting: Decision | undefined;
  for (const check of checks) {
    if (check.observed) {
      entries.push(observed(check, visit));
      continue;
    }
    if (waiting && factsOf(check).some(needsLazy)) {
      entries.push({ check: check.name, outcome: 'unasked' });
      continue;
    }
    const answer = await ask(check, visit);
    entries.push(answer.entry);
    if (answer.verdict.kind === 'pass') continue;
    const decision: Decision = { by: check.name, verdict: answer.verdict };
    if (answer.verdict.kind === 'delay' && answer.fromFault) {
      waiting ??= decision;
      continue;
    }
    const winner = answer.verdict.kind === 'refuse' ? decision : (waiting ?? decision);
    return conclude(winner, checks, entries, visit, stage);
  }
  return conclude(waiting ?? { by: undefined, verdict: PASS }, checks, entries, visit, stage);
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

function conclude(decision: Decision, checks: readonly AnyCheck[], entries: TraceEntry[], visit: Visit, stage: JudgedStage): Judgement {
  const asked = checks.flatMap(factsOf);
  const facts = factEntries(visit, asked);
  const by = decision.by === undefined ? {} : { by: decision.by };
  return { ...decision, trace: { stage, verdict: decision.verdict.kind, ...by, checks: entries, facts }, alarms: alarmsOf(visit, asked) };
}

function factsOf(check: AnyCheck): readonly AnyFact[] {
  return [...check.exemptions, ...check.facts];
}

/** Facts that cost nothing more come first: a lazy one is not asked when another of the same check is not to be had. */
function inTurn(facts: readonly AnyFact[]): readonly AnyFact[] {
  return facts.toSorted((a, b) => Number(needsLazy(a)) - Number(needsLazy(b)));
}

async function ask(check: AnyCheck, visit: Visit): Promise<Answer> {
  await gather(check, visit);
  return answerFrom(check, visit) ?? broken(check, 'its facts were asked for and are not there');
}

/** Finds what the check needs to know, and no more: nothing after a true exemption, nothing after a fault. */
async function gather(check: AnyCheck, visit: Visit): Promise<void> {
  for (const exemption of inTurn(check.exemptions)) {
    const found = await visit.find(exemption);
    if (found.known && found.value) return;
  }
  for (const fact of inTurn(check.facts)) {
    const found = await visit.find(fact);
    if (!found.known) return;
  }
}

/** What the check says by what is known now; undefined when something is still missing. Starts nothing and waits for nothing. */
function answerFrom(check: AnyCheck, visit: Visit): Answer | undefined {
  const exemptions = check.exemptions.map((fact) => ({ fact, found: visit.peek(fact) }));
  const exemption = exemptions.find(({ found }) => found?.known && found.value);
  if (exemption) return passed({ check: check.name, outcome: 'exempt', detail: exemption.fact.name });
  if (exemptions.some(({ found }) => found === undefined)) return undefined;
  const values = new Map<AnyFact, unknown>();
  for (const fact of inTurn(check.facts)) {
    const found = visit.peek(fact);
    if (found === undefined) return undefined;
    if (!found.known) return faulty(check, fact, found);
    values.set(fact, found.value);
  }
  const answer = weigh(check, visit, values);
  const doubt = exemptions.find(({ found }) => found?.known === false);
  if (answer.verdict.kind === 'pass' || answer.fromFault || !doubt?.found || doubt.found.known) return answer;
  // Whether the objection should have been made at all is not known: it may only delay, whatever the check does about its own facts.
  return faulty({ ...check, onFault: 'delay' }, doubt.fact, doubt.found);
}

function weigh(check: AnyCheck, visit: Visit, values: ReadonlyMap<AnyFact, unknown>): Answer {
  const known: Known = (fact) => {
    if (!values.has(fact)) throw new Error(`${check.name} asked for ${fact.name}, which it did not name`);
    return values.get(fact) as never;
  };
  try {
    const verdict = check.judge(visit.context, known);
    if (verdict.kind === 'pass') return passed({ check: check.name, outcome: 'pass' });
    return { verdict, fromFault: false, entry: { check: check.name, outcome: verdict.kind, reply: verdict.reply } };
  } catch (error) {
    return broken(check, String(error));
  }
}

function passed(entry: TraceEntry): Answer {
  return { verdict: PASS, fromFault: false, entry };
}

function faulty(check: AnyCheck, fact: AnyFact, found: Extract<Found<unknown>, { known: false }>): Answer {
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
function observed(check: AnyCheck, visit: Visit): TraceEntry {
  const entry = answerFrom(check, visit)?.entry ?? { check: check.name, outcome: 'unknown' };
  return { ...entry, observed: true };
}
