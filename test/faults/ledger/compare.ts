import { type Cause, type ClientLedger, type Entry, mayHaveLostAcknowledgement, standingOf } from './client-ledger.ts';
import { describeEntry } from './drain.ts';
import { tokenOf } from './message.ts';

/** A message as it lies in a mailbox. */
export interface StoredCopy {
  readonly mailbox: string;
  readonly bytes: Buffer;
  /** For the person who looks for it. */
  readonly where: string;
}

/** What the comparison came to. */
export interface Comparison {
  /** Empty: nothing lost, nothing torn, nothing with strangers, no copy without a cause. */
  readonly problems: readonly string[];
  /** Second copies that are explained, counted by cause. */
  readonly explained: ReadonlyMap<Cause, number>;
  readonly acceptedRecipients: number;
}

/** What mx and stores may put before a message; everything after that must be the message, octet for octet. */
const ADDED =
  /^(?:(?:Return-Path|Delivered-To|Received|Received-SPF|Authentication-Results|X-Spam-[A-Za-z]+):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*$/u;

/** Compares what clients were told with what is there. `stored` is everything in every mailbox that could have got something. */
export function compare(ledger: ClientLedger, stored: readonly StoredCopy[]): Comparison {
  const byToken = new Map(ledger.entries.map((entry) => [entry.message.token, entry]));
  const problems: string[] = [];
  const whole = new Map<string, number>();
  for (const copy of stored) {
    const entry = byToken.get(tokenOf(copy.bytes.toString('latin1', 0, 16_384)) ?? '');
    const wrong = findWrong(copy, entry);
    if (wrong !== undefined) problems.push(`${copy.mailbox}: ${wrong} (${copy.where})${entry ? `\n${describeEntry(entry)}` : ''}`);
    else if (entry) whole.set(keyOf(entry, copy.mailbox), (whole.get(keyOf(entry, copy.mailbox)) ?? 0) + 1);
  }
  const explained = new Map<Cause, number>();
  let acceptedRecipients = 0;
  for (const entry of ledger.entries) {
    for (const recipient of entry.message.recipients) {
      const copies = whole.get(keyOf(entry, recipient)) ?? 0;
      if (standingOf(entry, recipient) === 'accepted') acceptedRecipients += 1;
      const causes = entry.causes.filter((one) => one.mailbox === recipient).map((one) => one.cause);
      const wrong = judgeCopies(entry, recipient, copies, causes.length);
      if (wrong !== undefined) problems.push(`${recipient}: ${wrong}\n${describeEntry(entry)}`);
      else for (const cause of causes.slice(0, Math.max(0, copies - 1))) explained.set(cause, (explained.get(cause) ?? 0) + 1);
    }
  }
  return { problems, explained, acceptedRecipients };
}

const keyOf = (entry: Entry, mailbox: string) => `${entry.message.token} ${mailbox}`;

function findWrong({ mailbox, bytes }: StoredCopy, entry: Entry | undefined): string | undefined {
  if (entry === undefined) return `a message that nobody sent, ${bytes.length} octets`;
  const { message } = entry;
  if (!message.recipients.includes(mailbox)) return `a copy of ${message.token}, which was for others`;
  const start = bytes.length - message.bytes.length;
  if (start < 0 || !bytes.subarray(start).equals(message.bytes)) return `a copy of ${message.token} that is torn or changed`;
  return ADDED.test(bytes.toString('latin1', 0, start)) ? undefined : `a copy of ${message.token} with more than our headers before it`;
}

function judgeCopies(entry: Entry, recipient: string, copies: number, causes: number): string | undefined {
  const standing = standingOf(entry, recipient);
  if (standing === 'accepted' && copies === 0) return 'LOST: it was acknowledged and is not there';
  if (standing === 'refused' && copies > 0 && !mayHaveLostAcknowledgement(entry, recipient)) return 'it was refused and is there';
  if (copies > 1 + causes) return `${copies} copies, of which ${causes} are explained`;
  return undefined;
}
