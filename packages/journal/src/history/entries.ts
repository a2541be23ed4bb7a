import { LIST_MAX } from '../limits.ts';
import type { Event, Journal, Occasion } from '../port.ts';
import { boundText, formatDelivery, formatTrace } from '../stdout.ts';
import { dayOf, domainOf, type HistoryCount, type HistoryEntry, type HistoryVerdict } from './port.ts';

/** Characters of a story; a longer one is left out, and its entry stays. */
const STORY_MAX = 32 * 1024;
/** Decisions whose end has not been told of: messages that passed the policy and wait for the store, refusals that wait for facts about their sender. */
const WAITING_MAX = 1_000;

/** What becomes of an event: entries, one for each recipient, and as many counts. */
export interface Told {
  readonly entries: readonly HistoryEntry[];
  readonly counts: readonly HistoryCount[];
}

/** A journal that tells a history. */
interface HistoryTeller extends Pick<Journal, 'record'> {
  /** Tells refusals without what is still being found about their senders. */
  flush(): void;
}

/**
 * Makes one: objections of the policy are told at once, or when the facts about their sender are there; messages when the store has answered. What passed
 * before a message was answered is told with it. All other events are not for a history.
 */
export function tellHistory(tell: (told: Told) => void, now: () => Date): HistoryTeller {
  const passed = new Map<string, string>();
  const refused = new Map<string, { readonly event: Decision; readonly at: Date }>();
  /** Those beyond the bound are told as they are. */
  const tellOldest = (bound: number) => {
    for (const [id, { event, at }] of refused) {
      if (refused.size <= bound) return;
      refused.delete(id);
      tell(objection(event, at));
    }
  };
  const decide = (event: Decision) => {
    if (event.trace.verdict === 'pass') {
      if (event.trace.stage === 'message') keepPassed(passed, event.id, formatTrace(event.trace, event.reply));
    } else if (event.evidenceFollows === true) {
      refused.set(event.id, { event, at: now() });
      tellOldest(WAITING_MAX);
    } else tell(objection(event, now()));
  };
  return {
    record(event) {
      if (event.kind === 'decision') decide(event);
      else if (event.kind === 'evidence') {
        const known = refused.get(event.id);
        if (known === undefined) return;
        refused.delete(event.id);
        const { trace } = known.event;
        tell(objection({ ...known.event, trace: { ...trace, facts: [...trace.facts, ...event.facts] } }, known.at));
      } else if (event.kind === 'delivery') {
        tell(delivery(event, passed.get(event.id), now()));
        passed.delete(event.id);
      }
    },
    flush: () => tellOldest(0),
  };
}

type Decision = Extract<Event, { kind: 'decision' }>;

function keepPassed(passed: Map<string, string>, id: string, decision: string): void {
  passed.set(id, decision);
  if (passed.size > WAITING_MAX) passed.delete(passed.keys().next().value ?? '');
}

function objection(event: Decision, at: Date): Told {
  const verdict = event.trace.verdict === 'refuse' ? 'refused' : 'delayed';
  const size = event.sizeBytes === undefined ? {} : { sizeBytes: event.sizeBytes };
  const what = { id: event.id, check: event.trace.by ?? '', verdict, reply: boundText(event.reply), ...size } as const;
  return toldOf(event.occasion, what, `{"decision":${formatTrace(event.trace, event.reply)}}`, at);
}

function delivery(event: Extract<Event, { kind: 'delivery' }>, passed: string | undefined, at: Date): Told {
  const verdict = verdictOf(event.reply);
  const check = verdict === 'delivered' ? '' : 'store';
  const what = { id: event.id, check, verdict, reply: boundText(event.reply), sizeBytes: event.sizeBytes };
  return toldOf(event.occasion, what, `{${passed === undefined ? '' : `"decision":${passed},`}"delivery":${formatDelivery(event)}}`, at);
}

/** By the first digit, which is what the client acts upon (RFC 5321 §4.2.1). */
function verdictOf(reply: string): HistoryVerdict {
  if (reply.startsWith('2')) return 'delivered';
  return reply.startsWith('5') ? 'refused' : 'delayed';
}

function toldOf(
  { host, client, helo = '', sender = '', recipients = [] }: Occasion,
  what: Pick<HistoryEntry, 'id' | 'check' | 'verdict' | 'reply' | 'sizeBytes'>,
  story: string,
  at: Date,
): Told {
  const known = recipients.length === 0 ? [''] : recipients.slice(0, LIST_MAX);
  const entries = known.map((recipient, i): HistoryEntry => {
    const who = { host, client, helo: boundText(helo), sender: boundText(sender).toLowerCase(), recipient: boundText(recipient) };
    const told = i === 0 && story.length <= STORY_MAX ? { story } : {};
    return { ...what, at, ...who, ...told };
  });
  const day = dayOf(at);
  const { check, verdict } = what;
  return { entries, counts: known.map((recipient) => ({ domain: domainOf({ recipient }), day, check, verdict, count: 1 })) };
}
