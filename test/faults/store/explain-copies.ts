import type { Attempt } from '../ledger/attempt.ts';
import type { Cause, ClientLedger, Entry } from '../ledger/client-ledger.ts';
import type { KeptCopy } from './kept-copy.ts';
import { NOTE_MS, STATE_BACK_MS } from './limits.ts';

/** When shared state could not be asked, in milliseconds since 1970; `forgot`: it came back with nothing in it. */
export interface Absence {
  readonly from: number;
  /** When it answered again. */
  readonly to: number;
  readonly forgot: boolean;
}

/** What a harness did, and therefore knows. */
export interface Deeds {
  /** Of nodes and workers. `on` is whatever `nodeOf` says of an attempt. */
  readonly deaths: readonly { readonly at: number; readonly on: number }[];
  readonly absences: readonly Absence[];
  /** When a node said that shared state did not answer it in time. */
  readonly alarms: readonly { readonly at: number; readonly on: number }[];
  /** The node that an attempt was made at. */
  readonly nodeOf: (attempt: Attempt) => number | undefined;
}

/** Nothing was killed, and the state was there all the time. */
export const NO_DEEDS: Deeds = { deaths: [], absences: [], alarms: [], nodeOf: () => undefined };

/** Writes down a cause for each copy more that is explained by what the store and the harness have seen; all others stay unexplained. */
export function explainCopies(ledger: ClientLedger, kept: readonly KeptCopy[], deeds: Deeds = NO_DEEDS): void {
  const byPlace = Map.groupBy(kept, (copy) => `${copy.token} ${copy.mailbox}`);
  for (const entry of ledger.entries) {
    for (const mailbox of entry.message.recipients) {
      const copies = byPlace.get(`${entry.message.token} ${mailbox}`) ?? [];
      for (const [at, copy] of copies.entries()) {
        if (at === 0) continue;
        const cause = causeOf(entry, copies.slice(0, at), copy, deeds);
        if (cause !== undefined) ledger.explain(entry, mailbox, cause);
      }
    }
  }
}

/** Why there is this copy although there were those before: each of them must have been unknown to mx then. */
function causeOf(entry: Entry, earlier: readonly KeptCopy[], copy: KeptCopy, deeds: Deeds): Cause | undefined {
  const causes = earlier.map((one): Cause | undefined => {
    if (isAnswerLost(one) || hasNodeDied(entry, one, deeds)) return 'answer of the store lost';
    const away =
      deeds.absences.some((absence) => concerns(absence, one, copy)) || isAlarmed(entry, one, deeds) || isAlarmed(entry, copy, deeds);
    return away ? 'acknowledgement lost and state away' : undefined;
  });
  return causes.includes(undefined) ? undefined : causes.at(-1);
}

/** The store did not say it all, or said it into a connection that was breaking. */
function isAnswerLost({ toldAt, handOver: { brokenAt } }: KeptCopy): boolean {
  return toldAt === undefined || (brokenAt !== undefined && brokenAt - toldAt < NOTE_MS);
}

/** Its node died after the store had it and before it can have noted that. */
function hasNodeDied(entry: Entry, { at, handOver: { endedAt } }: KeptCopy, { deaths, nodeOf }: Deeds): boolean {
  const { node } = attemptOf(entry, at, nodeOf);
  return deaths.some((death) => death.on === node && death.at >= at && death.at <= (endedAt ?? at) + NOTE_MS);
}

/** The node that made this copy said that shared state did not answer: it did not know, or could not note. */
function isAlarmed(entry: Entry, { at, handOver: { endedAt } }: KeptCopy, { alarms, nodeOf }: Deeds): boolean {
  const { node, startedAt } = attemptOf(entry, at, nodeOf);
  return alarms.some((alarm) => alarm.on === node && alarm.at >= startedAt && alarm.at <= (endedAt ?? at) + NOTE_MS);
}

/** The attempt that a copy came of. */
function attemptOf(entry: Entry, at: number, nodeOf: Deeds['nodeOf']): { readonly node: number | undefined; readonly startedAt: number } {
  const attempt = entry.attempts.findLast(({ startedAt }) => startedAt.getTime() <= at);
  return attempt === undefined ? { node: undefined, startedAt: at } : { node: nodeOf(attempt), startedAt: attempt.startedAt.getTime() };
}

/** The state was away when the first copy was to be noted, or when the second attempt asked for that, or lost it in between. */
function concerns({ from, to, forgot }: Absence, first: KeptCopy, second: KeptCopy): boolean {
  const back = to + STATE_BACK_MS;
  const covers = (start: number, end: number) => from <= end && back >= start;
  const notedBy = (first.handOver.endedAt ?? first.at) + NOTE_MS;
  if (covers(first.at, notedBy) || covers(second.at - NOTE_MS, second.at)) return true;
  return forgot && covers(first.at, second.at);
}
