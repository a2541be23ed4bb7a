import type { Admission } from '../port.ts';
import { confirmOrder, converse } from './converse.ts';
import { mailCommand, rcptCommand } from './envelope.ts';
import { LmtpFault } from './fault.ts';
import type { Deadlines } from './limits.ts';
import type { OpenConnection } from './open-connection.ts';
import { isFull, isPermanent, isPositive, isProtocolComplaint, type LmtpReply, quoteReply } from './reply.ts';

/** A question about a mailbox. */
export interface Question {
  readonly address: string;
  /** 0 when not known. */
  readonly sizeBytes: number;
  readonly utf8: boolean;
  readonly deadlines: Deadlines;
}

/** What a server answered. */
export interface Answer {
  readonly admission: Admission;
  /** True when the server is told sizes (RFC 1870), so that its answer is about the size that was asked for. */
  readonly sized: boolean;
}

/**
 * Asks as a sender would: MAIL with the null sender, RCPT, RSET. Rejects with {@link LmtpFault} when the server gives no answer that can be
 * believed; a server that cannot tell about this mailbox just now (4xx) is an answer, `fault`.
 */
export async function askServer(open: OpenConnection, { address, sizeBytes, utf8, deadlines }: Question): Promise<Answer> {
  const { connection, features } = open;
  connection.startStep('asking about a mailbox', deadlines.commandMs);
  try {
    const commands = [
      mailCommand({ sender: null, sizeBytes, utf8 }, features),
      rcptCommand(address, utf8 && features.smtpUtf8),
      ...(features.pipelining ? ['RSET'] : []),
    ];
    const [mail, rcpt, rset] = await converse(open, commands, (so) => so.every(isPositive));
    if (rset === undefined) await confirmOrder(open);
    else if (!isPositive(rset) || !connection.idle) {
      throw connection.fault ?? new LmtpFault('garbled', 'the replies of the store do not match the commands');
    }
    return { admission: judge(mail, rcpt, sizeBytes), sized: features.size };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

function judge(mail: LmtpReply | undefined, rcpt: LmtpReply | undefined, sizeBytes: number): Admission {
  if (mail === undefined) throw new LmtpFault('lost', 'no reply to MAIL');
  if (!isPositive(mail)) {
    // RFC 1870 §6.1: 552 and 452 answer to the size.
    if (sizeBytes > 0 && mail.code === 552) return { kind: 'full', text: mail.text };
    throw new LmtpFault('lost', `MAIL: the store says ${quoteReply(mail)}`);
  }
  if (rcpt === undefined) throw new LmtpFault('lost', 'no reply to RCPT');
  if (isPositive(rcpt)) return { kind: 'room' };
  if (isFull(rcpt)) return { kind: 'full', text: rcpt.text };
  if (isPermanent(rcpt) && !isProtocolComplaint(rcpt)) return { kind: 'unknown', text: rcpt.text };
  return { kind: 'fault', detail: `lmtp: the store says ${quoteReply(rcpt)}` };
}
