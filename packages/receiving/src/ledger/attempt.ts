import { hash } from 'node:crypto';
import { formatReversePath, type ReversePath } from '@vratny/smtp';
import type { Beginning } from '@vratny/state';
import { type Cancellation, pause } from '@vratny/waiting';
import { BUSY_PAUSE_MAX_MS, BUSY_PAUSE_MS, BUSY_WAIT_MS, LEASE_MS, LEDGER_MS, RELEASE_AGAIN_MS, RELEASES_LATE_MAX } from '../limits.ts';
import type { MxServerOptions, MxSession } from '../mx-session.ts';
import { stateInTime } from './state-in-time.ts';

/** How an attempt result. */
export interface AttemptResult {
  /** Mailboxes that have it since this attempt. */
  readonly stored: readonly string[];
  /** Mailboxes that have no end yet, when the message ended differently for its recipients or a store may have it unknown to us. */
  readonly lacking: readonly string[];
  /** It ended differently for its recipients, and its sender got one answer for all. */
  readonly differs: boolean;
  /** Mailboxes whose end the sender is told now: 250, or a refusal. */
  readonly told: readonly string[];
  /** Mailboxes that the sender is told to have it now, with 250. */
  readonly acknowledged: readonly string[];
  /** A store may have copies that it did not own up to. */
  readonly inDoubt: boolean;
}

/** One attempt at delivering a message, alone on all hosts as long as shared state is there. */
export interface Attempt {
  /** The message among its retries, and among equal ones. */
  readonly key: string;
  /**
   * The same at each attempt of a message as long as it is not known how an earlier one ended, 64 hexadecimal digits. An equal message that was sent
   * on purpose has another one: a store that looks for the copies of a dead attempt must not find those of the message before.
   */
  readonly storeKey: string;
  /** Mailboxes that have the message since an earlier attempt. */
  readonly having: ReadonlySet<string>;
  /** An earlier attempt may have stored copies without anybody knowing. */
  readonly resumed: boolean;
  /** State did not answer: there is neither ledger nor lease. */
  readonly stateAway: boolean;
  /** See {@link AttemptedMessage.recognisable}. */
  readonly recognisable: boolean;
  /** Writes into the ledger how it ended, and gives the lease back. Waits for state, but not long. Never rejects. */
  end(result: AttemptResult): Promise<void>;
}

/**
 * Takes the lease and reads the ledger, in one round trip; `busy` while another attempt at this message runs. Waits a moment for that one's end: the
 * other half of a long list of recipients is delivered then. What waited and finds that the other attempt was for a mailbox of its own stays `busy`:
 * it may be a retry or an equal message that was sent at the same time, and its sender comes back when the difference can be seen. Never rejects.
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

/** What is attempted. */
interface AttemptedMessage {
  /** Of this attempt, and of no other. */
  readonly id: string;
  readonly sha256: string;
  readonly source: Source;
  /** Whom it is for, in the end. */
  readonly mailboxes: readonly string[];
  /** An equal message is a retry of it. When not, the ledger keeps nobody who was told 250: what comes after that is another message. */
  readonly recognisable: boolean;
}

interface Finishing {
  readonly key: string;
  readonly message: AttemptedMessage;
  readonly before: { readonly unfinished: boolean; readonly lacking: readonly string[]; readonly having: readonly string[] };
  readonly result: AttemptResult;
}

/** All that has to be written, in one tick: one round trip where the store of state can do that. */
async function endAttempt(session: MxSession, { key, message, before, result }: Finishing): Promise<void> {
  const { ledger, lease, now } = session.options;
  const { lacking, told } = result;
  const forgotten = message.recognisable ? [] : result.acknowledged;
  const stored = result.stored.filter((mailbox) => !forgotten.includes(mailbox));
  const settled = before.lacking.filter(
    (mailbox) => !lacking.includes(mailbox) && (told.includes(mailbox) || result.stored.includes(mailbox)),
  );
  const open = [...lacking, ...before.lacking].filter((mailbox) => !settled.includes(mailbox));
  // An earlier doubt is over with the last mailbox it was about.
  const inDoubt = result.inDoubt || (before.unfinished && open.length > 0);
  const unsettled = unsettledKey(message.source);
  const work: Promise<void>[] = [];
  if (changesNothing(result)) work.push(lease.release(key, message.id));
  else work.push(lease.finish(key, message.id, [...stored, ...lacking.map(lackOf)], now(), LEDGER_MS, inDoubt));
  const over = [...settled.map(lackOf), ...before.having.filter((mailbox) => forgotten.includes(mailbox))];
  if (over.length > 0) work.push(ledger.drop(key, over));
  if (result.differs) work.push(ledger.add(unsettled, [key], now(), LEDGER_MS));
  else if (settled.length > 0 && open.length === 0) work.push(ledger.drop(unsettled, [key]));
  const [only, ...more] = work;
  const written = await stateInTime<unknown>(session, only !== undefined && more.length === 0 ? only : Promise.all(work));
  if (!written.known && !inDoubt && !result.differs) void releaseLate(session.options, key, message.id);
}

/** Nobody has it and nobody was told anything: what an earlier attempt left open stays open. */
function changesNothing({ stored, lacking, told, inDoubt }: AttemptResult): boolean {
  return stored.length === 0 && lacking.length === 0 && told.length === 0 && !inDoubt;
}

/** State did not answer. It may have taken the lease all the same, and then it must not keep the next attempt out. */
function attemptWithoutState(session: MxSession, key: string, message: AttemptedMessage, beginning: Promise<Beginning>): Attempt {
  const { ledger, lease, now } = session.options;
  const { id: owner, recognisable } = message;
  const giveBack = async ({ stored, acknowledged, differs, inDoubt }: AttemptResult): Promise<void> => {
    const begun = await beginning.catch(() => undefined);
    if (begun?.kind === 'busy') return;
    // What was answered with 250 is not noted so late: nobody would take it out again, and an equal message would be taken for a retry.
    if (inDoubt || differs) await lease.finish(key, owner, stored, now(), LEDGER_MS, inDoubt || begun?.unfinished === true);
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
      // Nobody waits: this is the answer that did not come in time. That it is away has been written down.
      giveBack(result).catch(() => undefined);
    },
  };
}

/** Whom a message comes from: its reverse path, and what is proven of the client (`findOrigin` of policy). */
interface Source {
  readonly sender: ReversePath;
  readonly origin: string;
}

/**
 * A message among its retries, 64 hexadecimal digits: what it says, octet by octet, and whom it comes from. A forged copy from elsewhere has
 * another key, so that it cannot keep the genuine one out.
 */
function attemptKey(contentSha256: string, { sender, origin }: Source): string {
  return digest(['attempt', contentSha256, formatReversePath(sender), origin]);
}

/** Under which the ledger keeps the messages of a source that ended differently for their recipients. */
export function unsettledKey({ sender, origin }: Source): string {
  return digest(['unsettled', formatReversePath(sender), origin]);
}

/** What a store knows an attempt by: the message, and the first of its attempts that did not end well. */
function storeKey(key: string, firstAttempt: string): string {
  return digest(['store', key, firstAttempt]);
}

// As JSON, so that no two lists make one text.
function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts));
}

// No address ends so: a domain holds no space.
const LACKS = ' lacks it';

/** The note in a ledger entry that a mailbox lacks the message while others have it. */
function lackOf(mailbox: string): string {
  return mailbox + LACKS;
}

/** What a ledger entry says: who has the message, and who is known to lack it. */
export function readEntry(members: readonly string[]): { readonly having: readonly string[]; readonly lacking: readonly string[] } {
  const lacking = members.filter((member) => member.endsWith(LACKS)).map((member) => member.slice(0, -LACKS.length));
  return { having: members.filter((member) => !member.endsWith(LACKS)), lacking };
}

/** The pauses, in milliseconds, after each look at a message whose earlier attempt still runs. The last one is 0: that was the last look. */
function* pausesOf({ monotonicMs, busyWaitMs = BUSY_WAIT_MS }: Pick<MxServerOptions, 'monotonicMs' | 'busyWaitMs'>): Generator<number> {
  const end = monotonicMs() + busyWaitMs;
  let pauseMs = BUSY_PAUSE_MS;
  for (let leftMs = busyWaitMs; leftMs > 0; leftMs = end - monotonicMs()) {
    yield Math.min(pauseMs, leftMs);
    pauseMs = Math.min(pauseMs * 1.5, BUSY_PAUSE_MAX_MS);
  }
  yield 0;
}

// How many are on their way, by whom they are asked of.
const running = new WeakMap<object, number>();

/**
 * Gives a lease back that shared state may hold although it did not answer: a Redis that was frozen does what it was asked as soon as it goes on. Left
 * alone, the lease would keep an equal message out until its end, and then make a store take it for the retry of a dead attempt. Only for attempts
 * that left nothing open. Tries again for half a minute, holds no process back, and never rejects.
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
