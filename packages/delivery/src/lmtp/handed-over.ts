import type { Outcome } from '../port.ts';
import type { LmtpConnection } from './connection.ts';
import { LmtpFault, sayFault } from './fault.ts';
import { isClosing, isPermanent, isPositive, isProtocolComplaint, type LmtpReply, namesAnother, quoteReply } from './reply.ts';

/** After the final dot: nobody can take the message back, and nobody may say more than the replies do. */
export function uncertain(why: string): Outcome {
  return { kind: 'delayed', detail: `it is not known whether the store has the message: ${why}`, uncertain: true };
}

/**
 * Takes the replies after the final dot, one for each accepted recipient in their order (RFC 2033 §4.2). When the connection ends early, the
 * replies that came hold and the rest is uncertain; when somebody has lost count, everything is. Never rejects.
 */
export async function takeOutcomes(connection: LmtpConnection, addresses: readonly string[], bytes: number): Promise<readonly Outcome[]> {
  const replies: LmtpReply[] = [];
  let why = '';
  try {
    for (const address of addresses) {
      const reply = await connection.nextReply();
      if (isClosing(reply)) throw new LmtpFault('lost', `the store closes: ${quoteReply(reply)}`);
      if (isOutOfOrder(reply, address, addresses)) throw new LmtpFault('garbled', `a reply about something else: ${quoteReply(reply)}`);
      replies.push(reply);
    }
  } catch (error) {
    why = sayFault(error);
    connection.destroy(error instanceof LmtpFault ? error : undefined);
    if (error instanceof LmtpFault && error.kind === 'garbled') return addresses.map(() => uncertain(why));
  }
  // One reply too many: which one is the stranger cannot be told.
  if (connection.fault?.kind === 'garbled') return addresses.map(() => uncertain(connection.fault?.message ?? ''));
  return addresses.map((_address, at) => outcomeOf(replies[at], bytes) ?? uncertain(why));
}

function isOutOfOrder(reply: LmtpReply, address: string, addresses: readonly string[]): boolean {
  return isProtocolComplaint(reply) || (reply.code >= 300 && reply.code < 400) || namesAnother(reply, address, addresses);
}

/** Octets used are the store's to count: Dovecot's `quota_clone` writes them, and adding ours would count twice. */
function outcomeOf(reply: LmtpReply | undefined, bytes: number): Outcome | undefined {
  if (reply === undefined) return undefined;
  return isPositive(reply) ? { kind: 'stored', bytes, counted: true } : objectionOf(reply);
}

/** A negative reply about a recipient. */
export function objectionOf(reply: LmtpReply): Outcome {
  return isPermanent(reply) && !isProtocolComplaint(reply)
    ? { kind: 'refused', text: reply.text }
    : { kind: 'delayed', detail: `the store says ${quoteReply(reply)}` };
}
