import type { Event, Journal, Trace } from './port.ts';

/**
 * Leaves one short event of each message that was stored for everybody. What was refused, delayed or faulty, and what a check that is only observed would
 * have refused, keeps its whole trace; so do errors of the protocol, faults and what happens to processes. Of sessions only those that were turned away are
 * told.
 */
export function briefJournal(journal: Journal): Journal {
  return {
    record(event) {
      const brief = shorten(event);
      if (brief !== undefined) journal.record(brief);
    },
    close: () => journal.close(),
  };
}

function shorten(event: Event): Event | undefined {
  switch (event.kind) {
    case 'decision':
      return event.trace.verdict === 'pass' && isSmooth(event.trace) ? undefined : event;
    case 'session':
      return event.what === 'refused' ? event : undefined;
    case 'delivery':
      return isPlain(event) ? messageOf(event) : event;
    case 'evidence':
    case 'message':
    case 'protocol':
    case 'fault':
    case 'process':
      return event;
  }
}

/** Outcomes of checks that need no explanation. */
const SMOOTH: ReadonlySet<string> = new Set(['pass', 'exempt', 'unasked']);

function isSmooth({ checks, facts }: Trace): boolean {
  return checks.every(({ outcome }) => SMOOTH.has(outcome)) && facts.every(({ fault }) => fault !== true);
}

type DeliveryEvent = Extract<Event, { kind: 'delivery' }>;

/** Stored for all of its recipients at the first attempt, and nothing was out of order. */
function isPlain({ failed, already, resumed, stateAway, reply }: DeliveryEvent): boolean {
  return failed.length === 0 && already === undefined && resumed === undefined && stateAway === undefined && reply.startsWith('2');
}

function messageOf({ id, occasion, sizeBytes, ms, reply }: DeliveryEvent): Event {
  const { client, helo, sender, recipients } = occasion;
  return {
    ...{ kind: 'message', id, client, sizeBytes, ms, reply },
    ...(helo === undefined ? {} : { helo }),
    ...(sender === undefined ? {} : { sender }),
    ...(recipients === undefined ? {} : { recipients }),
  };
}
