import { hash } from 'node:crypto';
import { findOrigin } from '@vratny/policy';
import type { Envelope } from '@vratny/server';
import { type Delay, formatReversePath, type ReversePath } from '@vratny/smtp';
import type { Beginning } from '@vratny/state';
import { type Cancellation, pause } from '@vratny/waiting';
import {
  BUSY_PAUSE_MAX_MS,
  BUSY_PAUSE_MS,
  BUSY_WAIT_MS,
  LEASE_MS,
  LEDGER_MS,
  RELEASE_AGAIN_MS,
  RELEASES_LATE_MAX,
  UNSETTLED_READ_MAX,
} from '../limits.ts';
import type { MxServerOptions, MxSession } from '../mx-session.ts';
import { stateInTime } from './state-in-time.ts';

/** The result of an attempt. */
export interface AttemptResult {
  /** Mailboxes in which this attempt stored the message. */
  readonly stored: readonly string[];
  /**
   * Mailboxes that are still to be served: the message ended differently for its recipients, or a store may have it
   * without our knowing.
   */
  readonly lacking: readonly string[];
  /** True when the outcomes of the recipients differ and the sender gets one reply for all. */
  readonly differs: boolean;
  /** Mailboxes whose final outcome the sender is told now: 250, or a refusal. */
  readonly told: readonly string[];
  /** Mailboxes of which the sender is told now, with 250, that they have the message. */
  readonly acknowledged: readonly string[];
  /** A store may have copies that it did not report. */
  readonly uncertain: boolean;
}

/** One attempt at delivering a message. While shared state is available, no other attempt at it runs on any host. */
export interface Attempt {
  /** Identifies the message; equal messages of one source have the same key. */
  readonly key: string;
  /**
   * Identifies the message for the store, 64 hexadecimal digits. It stays the same as long as the outcome of an earlier
   * attempt is not known. An equal message that was sent on purpose has another one, so that a store does not take the
   * copies of the first message for those of a dead attempt.
   */
  readonly storeKey: string;
  /** Mailboxes in which an earlier attempt stored the message. */
  readonly having: ReadonlySet<string>;
  /** An earlier attempt may have stored copies that are not in the ledger. */
  readonly resumed: boolean;
  /** Shared state did not answer: there is no ledger and no lease. */
  readonly stateAway: boolean;
  /** See {@link AttemptedMessage.recognisable}. */
  readonly recognisable: boolean;
  /**
   * Writes the result into the ledger and releases the lease. Waits for shared state for a short time. Never rejects.
   */
  end(result: AttemptResult): Promise<void>;
}

/**
 * Takes the lease and reads the ledger, in one round trip. Returns `busy` while another attempt at this message runs;
 * it waits a moment for the end of that one, because senders split long lists into transactions that run at the same
 * time. When it waited and the other attempt was for one of its own mailboxes, the result stays `busy`: this may be a
 * retry, or an equal message that was sent at the same time, and the sender comes back when that can be told. Never
 * rejects.
 */
export async function beginAttempt(session: MxSession, message: AttemptedMessage, signal: Cancellation): Promise<Attempt | 'busy'> {
  const { lease, now } = session.options;
  const key = attemptKey(message.sha256, message.source);
  let waited = false;
  for (const pauseMs of pausesOf(session.options)) {
    const beginning = lease.begin(key, message.id, now(), LEASE_MS);
    const told = await stateInTime(session, beginning);
    if (!told.known) return attemptWithoutState(session, key, message, beginning);
    if (told.value.kind === 'begun') return openAttempt(session, { key, message, waited, begun: told.value });
    waited = true;
    if (pauseMs > 0) await pause(pauseMs, signal);
    if (signal.aborted) break;
  }
  return 'busy';
}

interface Opening {
  readonly key: string;
  readonly message: AttemptedMessage;
  readonly waited: boolean;
  readonly begun: Extract<Beginning, { kind: 'begun' }>;
}

async function openAttempt(session: MxSession, { key, message, waited, begun }: Opening): Promise<Attempt | 'busy'> {
  const { having, lacking } = readEntry(begun.mailboxes);
  if (waited && message.mailboxes.some((mailbox) => having.includes(mailbox))) {
    await stateInTime(session, session.options.lease.release(key, message.id));
    return 'busy';
  }
  const own = session.unread.ownOf(key);
  const before = { unfinished: begun.unfinished, lacking, having };
  return {
    key,
    storeKey: storeKey(key, begun.since ?? message.id),
    having: new Set(having.filter((mailbox) => !own.has(mailbox))),
    resumed: begun.unfinished,
    stateAway: false,
    recognisable: message.recognisable,
    end: (result) => endAttempt(session, { key, message, before, result }),
  };
}

/** What {@link beginAttempt} needs to know of a message. */
interface AttemptedMessage {
  /** Identifier of this attempt. */
  readonly id: string;
  readonly sha256: string;
  readonly source: Source;
  /** Mailboxes of all recipients. */
  readonly mailboxes: readonly string[];
  /**
   * True when an equal message is a retry. Otherwise mailboxes that were answered with 250 are not kept in the ledger:
   * an equal message after that is another message.
   */
  readonly recognisable: boolean;
}

interface Finishing {
  readonly key: string;
  readonly message: AttemptedMessage;
  readonly before: { readonly unfinished: boolean; readonly lacking: readonly string[]; readonly having: readonly string[] };
  readonly result: AttemptResult;
}

/** Starts all writes in one tick: one round trip where the state can do that. */
async function endAttempt(session: MxSession, { key, message, before, result }: Finishing): Promise<void> {
  const { ledger, lease, now } = session.options;
  const { lacking, told } = result;
  const forgotten = message.recognisable ? [] : result.acknowledged;
  const stored = result.stored.filter((mailbox) => !forgotten.includes(mailbox));
  const settled = before.lacking.filter(
    (mailbox) => !lacking.includes(mailbox) && (told.includes(mailbox) || result.stored.includes(mailbox)),
  );
  const open = [...lacking, ...before.lacking].filter((mailbox) => !settled.includes(mailbox));
  // Earlier uncertainty ends with the last mailbox that it was about.
  const uncertain = result.uncertain || (before.unfinished && open.length > 0);
  const unsettled = unsettledKey(message.source);
  const work: Promise<void>[] = [];
  if (changesNothing(result)) work.push(lease.release(key, message.id));
  else work.push(lease.finish(key, message.id, [...stored, ...lacking.map(lackOf)], now(), LEDGER_MS, uncertain));
  const over = [...settled.map(lackOf), ...before.having.filter((mailbox) => forgotten.includes(mailbox))];
  if (over.length > 0) work.push(ledger.drop(key, over));
  if (result.differs) work.push(ledger.add(unsettled, [key], now(), LEDGER_MS));
  else if (settled.length > 0 && open.length === 0) work.push(ledger.drop(unsettled, [key]));
  const [only, ...more] = work;
  const written = await stateInTime<unknown>(session, only !== undefined && more.length === 0 ? only : Promise.all(work));
  if (!written.known && !uncertain && !result.differs) void releaseLate(session.options, key, message.id);
}

/** Nothing was stored and nothing final was replied: what an earlier attempt left open stays open. */
function changesNothing({ stored, lacking, told, uncertain }: AttemptResult): boolean {
  return stored.length === 0 && lacking.length === 0 && told.length === 0 && !uncertain;
}

/** Shared state did not answer, but it may have taken the lease, which must not block the next attempt. */
function attemptWithoutState(session: MxSession, key: string, message: AttemptedMessage, beginning: Promise<Beginning>): Attempt {
  const { ledger, lease, now } = session.options;
  const { id: owner, recognisable } = message;
  const giveBack = async ({ stored, acknowledged, differs, uncertain }: AttemptResult): Promise<void> => {
    const begun = await beginning.catch(() => undefined);
    if (begun?.kind === 'busy') return;
    // A mailbox that was answered with 250 is not recorded so late: nothing would remove it again, and an equal message
    // would be taken for a retry.
    if (uncertain || differs) await lease.finish(key, owner, stored, now(), LEDGER_MS, uncertain || begun?.unfinished === true);
    else if (begun === undefined) await releaseLate(session.options, key, owner);
    else await lease.release(key, owner);
    if (!recognisable && acknowledged.length > 0) await ledger.drop(key, acknowledged);
  };
  return {
    key,
    storeKey: storeKey(key, owner),
    having: new Set(),
    resumed: false,
    stateAway: true,
    recognisable,
    async end(result) {
      // Not waited for: state did not answer in time. The fault was journalled already.
      giveBack(result).catch(() => undefined);
    },
  };
}

/** The source of a message: its reverse path, and what is proven of the client (`findOrigin` of policy). */
interface Source {
  readonly sender: ReversePath;
  readonly origin: string;
}

/**
 * Identifies a message, 64 hexadecimal digits: its content and its source. A forged copy from elsewhere has another
 * key, so that it cannot block the genuine one.
 */
function attemptKey(contentSha256: string, { sender, origin }: Source): string {
  return digest(['attempt', contentSha256, formatReversePath(sender), origin]);
}

/** The key under which the ledger lists messages of a source whose recipients had different outcomes. */
function unsettledKey({ sender, origin }: Source): string {
  return digest(['unsettled', formatReversePath(sender), origin]);
}

/** The key for the store: the message, and the first of its attempts whose outcome is not known. */
function storeKey(key: string, firstAttempt: string): string {
  return digest(['store', key, firstAttempt]);
}

// As JSON, so that different lists give different texts.
function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts));
}

// No address ends like this: a domain contains no space.
const LACKS = ' lacks it';

/** The entry in the ledger for a mailbox that lacks the message while others have it. */
function lackOf(mailbox: string): string {
  return mailbox + LACKS;
}

/** Reads a ledger entry: mailboxes that have the message, and mailboxes that lack it. */
function readEntry(members: readonly string[]): { readonly having: readonly string[]; readonly lacking: readonly string[] } {
  const lacking = members.filter((member) => member.endsWith(LACKS)).map((member) => member.slice(0, -LACKS.length));
  return { having: members.filter((member) => !member.endsWith(LACKS)), lacking };
}

/**
 * The pauses in milliseconds between the checks of a message whose earlier attempt still runs. The last one is 0: no
 * further check.
 */
function* pausesOf({ monotonicMs, busyWaitMs = BUSY_WAIT_MS }: Pick<MxServerOptions, 'monotonicMs' | 'busyWaitMs'>): Generator<number> {
  const end = monotonicMs() + busyWaitMs;
  let pauseMs = BUSY_PAUSE_MS;
  for (let leftMs = busyWaitMs; leftMs > 0; leftMs = end - monotonicMs()) {
    yield Math.min(pauseMs, leftMs);
    pauseMs = Math.min(pauseMs * 1.5, BUSY_PAUSE_MAX_MS);
  }
  yield 0;
}

// Running releases, by the lease port.
const running = new WeakMap<object, number>();

/**
 * Releases a lease that shared state may hold although it did not answer in time: a Redis that was frozen executes the
 * command when it continues. The lease would block an equal message until it ends, and then a store would take that
 * message for the retry of a dead attempt. Only for attempts that left nothing open. Tries for half a minute, keeps no
 * process alive, and never rejects.
 */
export async function releaseLate({ lease }: Pick<MxServerOptions, 'lease'>, key: string, owner: string): Promise<void> {
  const others = running.get(lease) ?? 0;
  if (others >= RELEASES_LATE_MAX) return;
  running.set(lease, others + 1);
  for (const ms of RELEASE_AGAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, ms).unref());
    const released = await lease.release(key, owner).then(
      () => true,
      () => false,
    );
    if (released) break;
  }
  running.set(lease, (running.get(lease) ?? 1) - 1);
}

/** The reply to further recipients of a transaction that may have one only. */
export const ONE_AT_A_TIME: Delay =
  '452 4.5.3 one recipient at a time please: a message of yours ended differently for its recipients, send this one in another transaction';

/**
 * Whether this transaction may have one recipient only: an earlier message of this sender ended differently for its
 * recipients, and the replies to its retry must be exact. Called once, at the second recipient. Transactions with PRDR
 * get exact replies anyway. While shared state is unavailable there is no such limit.
 */
export async function hasOneRecipientOnly(session: MxSession, { visit }: Envelope): Promise<boolean> {
  if (visit.context.parameters.prdr) return false;
  const { policy, ledger, now } = session.options;
  const unsettled = unsettledKey({ sender: visit.context.sender, origin: await findOrigin(policy, visit) });
  const told = await stateInTime(session, ledger.read(unsettled, now()));
  if (!told.known || told.value.length === 0) return false;
  return told.value.length > UNSETTLED_READ_MAX || someUnsettled(session, unsettled, told.value);
}

/**
 * Reads the entries of the messages: a sender that was told at RCPT that a mailbox is unknown or full does not send the
 * message again, so nothing would remove its mark, and each further message with different outcomes would extend all
 * marks. Marks of messages that are settled or forgotten are removed.
 */
async function someUnsettled(session: MxSession, unsettled: string, keys: readonly string[]): Promise<boolean> {
  const { ledger, now } = session.options;
  const told = await stateInTime(session, Promise.all(keys.map((key) => ledger.read(key, now()))));
  if (!told.known) return false;
  const settled = keys.filter((_, i) => readEntry(told.value[i] ?? []).lacking.length === 0);
  if (settled.length > 0) await stateInTime(session, ledger.drop(unsettled, settled));
  return settled.length < keys.length;
}
