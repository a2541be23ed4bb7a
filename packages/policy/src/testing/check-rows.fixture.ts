import type { Check, Verdict } from '../model/check.ts';
import type { Known } from '../model/fact.ts';
import type { ContextOf, Stage } from '../model/stage.ts';

/** What a check says in a context, given its facts' values by name. */
export function verdictOf<S extends Stage>(one: Check<S>, context: ContextOf[S], values: Readonly<Record<string, unknown>> = {}): Verdict {
  const known: Known = (fact) => {
    if (!Object.hasOwn(values, fact.name)) throw new Error(`the row gives no ${fact.name}`);
    return values[fact.name] as never;
  };
  return one.judge(context, known);
}

/** `pass`, or the code and enhanced code of the objection. */
export function codesOf(verdict: Verdict): string {
  return verdict.kind === 'pass' ? 'pass' : verdict.reply.split(' ').slice(0, 2).join(' ');
}

/**
 * What a check must list in `says`, by what its rows' verdicts show: sorted, each once. Without facts, or with onFault
 * pass, it can always tell.
 */
export function expectedSays<S extends Stage>(one: Check<S>, verdicts: readonly string[]): readonly string[] {
  const cannotTell = one.facts.length > 0 && one.onFault === 'delay' ? [one.cannotTell.split(' ').slice(0, 2).join(' ')] : [];
  return [...new Set([...verdicts.filter((codes) => codes !== 'pass'), ...cannotTell])].toSorted();
}
