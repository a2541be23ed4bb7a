import type { Trace } from '@vratny/journal';
import type { Judgement, LaterFacts } from '@vratny/policy';
import type { Objection } from '@vratny/smtp';
import { describeBug } from '@vratny/text';
import { onAbort, startDeadline } from '@vratny/waiting';
import { type Answer, objectTo } from './answer.ts';
import { EVIDENCE_CONTENT_MAX_BYTES, EVIDENCE_MAX, EVIDENCE_MS } from './limits.ts';
import type { Session } from './session.ts';

/** A bound of the server that keeps a message or a recipient out, whatever the policy says of it. */
export interface Limit {
  /** As a check is named: histories and receipts tell of both. */
  readonly name:
    | 'recipient-limit'
    | 'session-limit'
    | 'eight-bit-address'
    | 'command-syntax'
    | 'no-room'
    | 'received-size'
    | 'too-slow'
    | 'unprocessable'
    | 'server-busy'
    | 'server-fault';
  readonly reply: Objection;
}

/** What a judgement was about. */
interface Subject {
  /** The receipt; the session's next one unless given. */
  readonly receipt?: string;
  readonly recipient?: string;
  /** What the client is told when the policy has no objection; `250` unless given. */
  readonly said?: string;
  /** What the client is told instead, when the policy has no objection. */
  readonly limit?: Limit | undefined;
  /** Octets of the message that was judged. */
  readonly contentBytes?: number;
  /** Told of what still needs the message after the answer, until it settles; that never rejects. */
  readonly onReading?: (reading: Promise<void>) => void;
}

/**
 * Writes a judgement into the journal, with a fault line for what of our own machinery failed on the way. Gives the
 * receipt under which it is found. What is still being found about the sender of a refusal is written when it is there:
 * the reply waits for nothing that it does not need.
 */
export function recordJudgement(session: Session, { verdict, trace, later, alarms }: Judgement, subject: Subject): string {
  const { journal } = session.options;
  const { receipt = session.nextReceipt(), recipient, said = '250', contentBytes } = subject;
  const limit = verdict.kind === 'pass' ? subject.limit : undefined;
  const reply = verdict.kind === 'pass' ? (limit?.reply ?? said) : verdict.reply;
  const occasion = session.occasion(recipient);
  const told = limit === undefined ? trace : withLimit(trace, limit);
  const size = contentBytes === undefined ? {} : { sizeBytes: contentBytes };
  const decision = { kind: 'decision', id: receipt, occasion, trace: told, reply, ...size } as const;
  journal.record(later === undefined ? decision : { ...decision, evidenceFollows: true });
  if (later !== undefined) {
    const reading = recordEvidence(session, receipt, later, subject);
    subject.onReading?.(reading);
  }
  for (const { fact, found } of alarms) {
    if (session.isNewAlarm(found)) journal.record({ kind: 'fault', where: fact, detail: found.detail, session: session.id });
  }
  return receipt;
}

/** Never rejects, and always tells an end. It ends soon after the client has gone, or after {@link EVIDENCE_MS}. */
async function recordEvidence(session: Session, id: string, later: LaterFacts, { contentBytes = 0 }: Subject): Promise<void> {
  const { evidence, options } = session;
  const isHeld = evidence.held < EVIDENCE_MAX && contentBytes <= EVIDENCE_CONTENT_MAX_BYTES;
  const release = isHeld ? later.hold() : undefined;
  if (isHeld) evidence.held += 1;
  using deadline = startDeadline(EVIDENCE_MS);
  onAbort(deadline.signal, () => release?.());
  try {
    options.journal.record({ kind: 'evidence', id, facts: await later.facts });
  } catch (error) {
    options.journal.record({ kind: 'fault', where: 'journal', detail: describeBug(error), session: session.id });
    // Whoever keeps the decision waits for this.
    options.journal.record({ kind: 'evidence', id, facts: [] });
  } finally {
    release?.();
    if (isHeld) evidence.held -= 1;
  }
}

/**
 * Writes into the journal that a limit decided before the policy was asked. Gives the receipt under which it is found.
 */
export function recordLimit(session: Session, limit: Limit, recipient?: string): string {
  const receipt = session.nextReceipt();
  const stage = session.transaction === undefined ? 'mail' : session.transaction.incoming === undefined ? 'rcpt' : 'message';
  const trace = withLimit({ stage, verdict: 'pass', checks: [], facts: [] }, limit);
  session.options.journal.record({ kind: 'decision', id: receipt, occasion: session.occasion(recipient), trace, reply: limit.reply });
  return receipt;
}

/** The answer of a limit, with its receipt. */
export function objectByLimit(session: Session, limit: Limit, recipient?: string): Answer {
  return objectTo(limit.reply, recordLimit(session, limit, recipient));
}

function withLimit(trace: Trace, { name, reply }: Limit): Trace {
  const outcome = reply.startsWith('5') ? 'refuse' : 'delay';
  return { ...trace, verdict: outcome, by: name, checks: [...trace.checks, { check: name, outcome, reply }] };
}
