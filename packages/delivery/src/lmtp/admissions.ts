import {
  type Conversation,
  ConversationFault,
  confirmOrder,
  converse,
  describeFault,
  isFull,
  isPositive,
  isRefusal,
  lostCount,
  mailCommand,
  quoteReply,
  rcptCommand,
  type ServerReply,
} from '@vratny/client';
import { onAbort, startDeadline, until } from '@vratny/waiting';
import type { Admission, Delivery } from '../port.ts';
import { ANSWER_KEPT_MS, ANSWERS_MAX, type Deadlines } from './limits.ts';
import { type Pool, tryServers } from './pool.ts';

/** Asks the store whether mailboxes take mail, and keeps the answers for a while. */
interface Admissions extends Pick<Delivery, 'admits'> {
  /** Drops the kept answer for a mailbox, because a delivery had another outcome. */
  forget(address: string): void;
}

/** Options of {@link createAdmissions}. */
interface AdmissionsOptions {
  readonly pools: readonly Pool[];
  readonly utf8: boolean;
  readonly deadlines: Deadlines;
  readonly now: () => Date;
}

/**
 * Creates the cache. Equal questions at the same time share one connection; the question goes on when one of the
 * callers gives up.
 */
export function createAdmissions({ pools, utf8, deadlines, now }: AdmissionsOptions): Admissions {
  const kept = createKeptAnswers(now);
  const running = new Map<string, Promise<Admission>>();

  async function ask(address: string, sizeBytes: number): Promise<Admission> {
    using ending = startDeadline(deadlines.askMs);
    try {
      const answer: Answer = await tryServers(pools, ending.signal, (loan) => {
        const stopListening = onAbort(ending.signal, () => loan.connection.destroy());
        return askServer(loan, { address, sizeBytes, utf8, deadlines }).finally(stopListening);
      });
      kept.keep(address, sizeBytes, answer);
      return answer.admission;
    } catch (error) {
      const detail = ending.signal.aborted ? `the store did not answer within ${deadlines.askMs / 1_000} s` : describeFault(error);
      return { kind: 'fault', detail: `lmtp: asking about ${address}: ${detail}` };
    }
  }
  function askOnce(address: string, sizeBytes: number): Promise<Admission> {
    const key = `${sizeBytes} ${address}`;
    const found = running.get(key);
    if (found !== undefined) return found;
    const asking = ask(address, sizeBytes).finally(() => running.delete(key));
    running.set(key, asking);
    return asking;
  }
  return {
    forget: (address) => kept.forget(address),
    admits({ address }, sizeBytes, signal) {
      const ended: Admission = { kind: 'fault', detail: `lmtp: asking about ${address}: ended before an answer` };
      if (signal.aborted) return ended;
      return kept.find(address, sizeBytes) ?? until(askOnce(address, sizeBytes), signal, () => ended);
    },
  };
}

/** A question about a mailbox. */
interface Question {
  readonly address: string;
  /** 0 when not known. */
  readonly sizeBytes: number;
  readonly utf8: boolean;
  readonly deadlines: Deadlines;
}

/**
 * Sends MAIL with the null sender, RCPT and RSET. A 4xx reply to RCPT gives a `fault`. Rejects with {@link
 * ConversationFault} when the server gives no usable reply.
 */
async function askServer(conversation: Conversation, { address, sizeBytes, utf8, deadlines }: Question): Promise<Answer> {
  const { connection, features } = conversation;
  connection.startStep('asking about a mailbox', deadlines.commandMs);
  try {
    const commands = [
      mailCommand({ sender: null, sizeBytes, utf8 }, features),
      rcptCommand(address, utf8 && features.smtpUtf8),
      ...(features.pipelining ? ['RSET'] : []),
    ];
    const [mail, rcpt, rset] = await converse(conversation, commands, (so) => so.every(isPositive));
    if (rset === undefined) await confirmOrder(conversation);
    else if (!isPositive(rset) || !connection.idle) {
      throw lostCount(connection);
    }
    return { admission: judge(mail, rcpt, sizeBytes), sized: features.size };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

function judge(mail: ServerReply | undefined, rcpt: ServerReply | undefined, sizeBytes: number): Admission {
  if (mail === undefined) throw new ConversationFault('lost', 'no reply to MAIL');
  if (!isPositive(mail)) {
    // RFC 1870 §6.1: 552 and 452 are replies to the declared size.
    if (sizeBytes > 0 && mail.code === 552) return { kind: 'full', text: mail.text };
    throw new ConversationFault('lost', `MAIL: the store says ${quoteReply(mail)}`);
  }
  if (rcpt === undefined) throw new ConversationFault('lost', 'no reply to RCPT');
  if (isPositive(rcpt)) return { kind: 'room' };
  if (isFull(rcpt)) return { kind: 'full', text: rcpt.text };
  if (isRefusal(rcpt)) return { kind: 'unknown', text: rcpt.text };
  return { kind: 'fault', detail: `lmtp: the store says ${quoteReply(rcpt)}` };
}

/** What a server answered. */
interface Answer {
  readonly admission: Admission;
  /** True when the server offers SIZE (RFC 1870): then the answer depends on the size that was declared. */
  readonly sized: boolean;
}

/** Answers that are not too old. Faults are not kept. */
interface KeptAnswers {
  find(address: string, sizeBytes: number): Admission | undefined;
  keep(address: string, sizeBytes: number, answer: Answer): void;
  /** Drops the answer for a mailbox. */
  forget(address: string): void;
}

interface Kept extends Answer {
  readonly sizeBytes: number;
  readonly at: number;
}

/** Creates an empty memory of at most {@link ANSWERS_MAX} answers, the newest for each mailbox, each for 30 s. */
export function createKeptAnswers(now: () => Date): KeptAnswers {
  const kept = new Map<string, Kept>();
  return {
    find(address, sizeBytes) {
      const found = kept.get(address);
      if (found === undefined) return undefined;
      const age = now().getTime() - found.at;
      // The age is negative when the clock was set back.
      if (age >= 0 && age < ANSWER_KEPT_MS) return holdsFor(found, sizeBytes) ? found.admission : undefined;
      kept.delete(address);
      return undefined;
    },
    keep(address, sizeBytes, answer) {
      if (answer.admission.kind === 'fault') return;
      // A Map keeps the order of setting, so the first is the oldest.
      kept.delete(address);
      kept.set(address, { ...answer, sizeBytes, at: now().getTime() });
      const [oldest] = kept.keys();
      if (kept.size > ANSWERS_MAX && oldest !== undefined) kept.delete(oldest);
    },
    forget: (address) => void kept.delete(address),
  };
}

/** `room` is valid for smaller messages too, `full` for larger ones. */
function holdsFor({ admission, sized, sizeBytes }: Kept, wanted: number): boolean {
  if (!sized || admission.kind === 'unknown') return true;
  return admission.kind === 'full' ? wanted >= sizeBytes : wanted <= sizeBytes;
}
