import { LmtpFault } from './fault.ts';
import type { OpenConnection } from './open-connection.ts';
import { isClosing, isPositive, type LmtpReply, quoteReply } from './reply.ts';

/**
 * Sends commands and takes a reply for each: all at once when the server pipelines (RFC 2920), else one after the other for as long as `goOn`
 * wants the next one. Rejects with {@link LmtpFault}; a 421 is one, since nothing can follow it.
 */
export async function converse(
  { connection, features }: OpenConnection,
  commands: readonly string[],
  goOn: (replies: readonly LmtpReply[]) => boolean = () => true,
): Promise<readonly LmtpReply[]> {
  const replies: LmtpReply[] = [];
  if (features.pipelining) connection.send(commands.map((command) => `${command}\r\n`).join(''), commands.length);
  for (const command of commands) {
    if (!features.pipelining) {
      if (!goOn(replies)) break;
      connection.send(`${command}\r\n`, 1);
    }
    const reply = await connection.nextReply();
    if (isClosing(reply)) throw new LmtpFault('lost', `the store closes: ${quoteReply(reply)}`);
    replies.push(reply);
  }
  return replies;
}

/**
 * Shows that nobody has lost count: RSET must get exactly one positive reply. A refusal is believed only after that; were there one reply
 * too many before it, it would be an answer to something else. Rejects with {@link LmtpFault}.
 */
export async function confirmOrder(open: OpenConnection): Promise<void> {
  const [reply] = await converse(open, ['RSET']);
  if (reply === undefined || !isPositive(reply) || !open.connection.idle) {
    throw open.connection.fault ?? new LmtpFault('garbled', 'the replies of the store do not match the commands');
  }
}
