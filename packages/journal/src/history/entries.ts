import { LIST_MAX } from '../limits.ts';
import type { Event, Journal, Occasion } from '../port.ts';
import { boundText, formatDelivery, formatTrace } from '../stdout.ts';
import { dayOf, domainOf, type HistoryCount, type HistoryEntry, type HistoryVerdict } from './port.ts';

/** Characters of a story; a longer one is left out, and its entry stays. */
const STORY_MAX = 32 * 1024;
/** Messages that passed the policy and whose delivery has not been told of: their decisions wait for it. */
const PASSED_MAX = 1_000;

/** What becomes of an event: entries, one for each recipient, and as many counts. */
export interface Told {
  readonly entries: readonly HistoryEntry[];
  readonly counts: readonly HistoryCount[];
}

/**
 * A journal that tells a history: objections of the policy at once, messages when the store has answered. What passed before a message was answered is
 * told with it. All other events are not for a history.
 */
export function tellHistory(tell: (told: Told) => void, now: () => Date): Pick<Journal, 'record'> {
  const passed = new Map<string, string>();
  return {
    record(event) {
      if (event.kind === 'decision') {
        if (event.trace.verdict !== 'pass') tell(objection(event, now()));
        else if (event.trace.stage === 'message') keepPassed(passed, event.id, formatTrace(event.trace, event.reply));
      } else if (event.kind === 'delivery') {
        tell(delivery(event, passed.get(event.id), now()));
        passed.delete(event.id);
      }
    },
  };
}

function keepPassed(passed: Map<string, string>, id: string, decision: string): void {
  passed.set(id, decision);
  if (passed.size > PASSED_MAX) passed.delete(passed.keys().next().value ?? '');
}

function objection(event: Extract<Event, { kind: 'decision' }>, at: Date): Told {
  const verdict = event.trace.verdict === 'refuse' ? 'refused' : 'delayed';
  const what = { id: event.id, check: event.trace.by ?? '', verdict, reply: boundText(event.reply) } as const;
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
