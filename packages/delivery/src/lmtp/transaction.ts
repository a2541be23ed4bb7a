import { onAbort } from '@vratny/waiting';
import { isConfirmed, NOT_CONFIRMED } from '../confirmed.ts';
import { keptSize } from '../copy-bytes.ts';
import type { Consignment, Outcome } from '../port.ts';
import { confirmOrder, converse } from './converse.ts';
import { mailCommand, rcptCommand, wireAddress } from './envelope.ts';
import { LmtpFault, sayFault } from './fault.ts';
import type { Group } from './groups.ts';
import { objectionOf, takeOutcomes, uncertain } from './handed-over.ts';
import type { Deadlines } from './limits.ts';
import type { OpenConnection } from './open-connection.ts';
import { isPermanent, isPositive, isProtocolComplaint, type LmtpReply, namesAnother, quoteReply } from './reply.ts';
import { sendBody } from './send-body.ts';

/** One message on its way to the recipients of one transaction. */
export interface Errand {
  readonly consignment: Consignment;
  readonly group: Group;
  readonly utf8: boolean;
  readonly deadlines: Deadlines;
}

/** Who takes part after MAIL, RCPT and DATA: for each copy what was decided, or that the message is awaited for it. */
type Decision = Outcome | 'awaited';

/**
 * Delivers to the recipients of a group on a connection. Outcomes stand in the group's order. Rejects with {@link LmtpFault} only when the store
 * has nothing, since the message was not handed over: then another server may be tried, unless the fault is `ended`.
 */
export async function runTransaction(open: OpenConnection, errand: Errand): Promise<readonly Outcome[]> {
  const { connection } = open;
  const { signal } = errand.consignment;
  const state = { handedOver: false };
  const end = () => {
    if (state.handedOver) connection.startStep('the reply after the end of the delivery', errand.deadlines.endingGraceMs);
    else connection.destroy(new LmtpFault('ended', 'delivery was ended'));
  };
  if (signal.aborted) throw new LmtpFault('ended', 'delivery was ended');
  const stopListening = onAbort(signal, end);
  try {
    const decisions = await agree(open, errand);
    if (!decisions.includes('awaited')) return decisions.filter((one) => one !== 'awaited');
    const last = await sendMessage(open, errand);
    const confirmed = await isConfirmed(errand.consignment);
    if (signal.aborted) throw new LmtpFault('ended', 'delivery was ended');
    // Without its final dot the server drops the message when the connection is closed (RFC 5321 §4.1.1.4); no other server is tried.
    if (!confirmed) throw new LmtpFault('ended', NOT_CONFIRMED);
    // A reply before the end of the message is about something that went wrong.
    if (!connection.idle) throw connection.fault ?? new LmtpFault('garbled', 'a reply in the middle of the message');
    state.handedOver = true;
    return await handOver(open, errand, decisions, last);
  } catch (error) {
    connection.destroy();
    if (state.handedOver) return errand.group.copies.map(() => uncertain(sayFault(error)));
    throw error;
  } finally {
    stopListening();
  }
}

/** MAIL, RCPT and DATA. Believes a refusal only when 354 or a round of RSET has shown that replies and commands match. */
async function agree(open: OpenConnection, { consignment, group, utf8, deadlines }: Errand): Promise<readonly Decision[]> {
  const { features, connection } = open;
  const addresses = group.copies.map(({ copy }) => copy.target.address);
  const sizeBytes = copySize(consignment, group);
  const commands = [
    mailCommand({ sender: consignment.sender, sizeBytes, utf8 }, features),
    ...addresses.map((address) => rcptCommand(address, utf8 && features.smtpUtf8)),
    'DATA',
  ];
  connection.startStep('MAIL, RCPT and DATA', deadlines.commandMs);
  const replies = await converse(open, commands, (so) => mayGoOn(so, addresses.length));
  const [mail, ...others] = replies;
  if (mail === undefined) throw new LmtpFault('lost', 'no reply to MAIL');
  if (!isPositive(mail)) {
    await confirmOrder(open);
    return addresses.map(() => refusalOfAll(mail, 'MAIL'));
  }
  const wires = addresses.map(wireAddress);
  const decisions = wires.map((wire, at) => decide(others[at], wire, wires));
  const data = others[addresses.length];
  if (data?.code === 354 && decisions.includes('awaited')) return decisions;
  // 354 without recipients: whatever the server means by it, the connection is not used again.
  if (data?.code === 354) connection.destroy();
  else await confirmOrder(open);
  return decisions.map((one) => (one === 'awaited' ? refusalOfAll(data, 'DATA') : one));
}

/** Without pipelining: RCPT only after a good MAIL, DATA only when somebody was accepted. */
function mayGoOn(replies: readonly LmtpReply[], recipients: number): boolean {
  const [mail, ...rcpts] = replies;
  if (mail !== undefined && !isPositive(mail)) return false;
  return rcpts.length < recipients || rcpts.some(isPositive);
}

function decide(reply: LmtpReply | undefined, wire: string, wires: readonly string[]): Decision {
  if (reply === undefined) throw new LmtpFault('lost', 'no reply to RCPT');
  if (namesAnother(reply, wire, wires)) throw new LmtpFault('garbled', `a reply about another recipient: ${quoteReply(reply)}`);
  return isPositive(reply) ? 'awaited' : objectionOf(reply);
}

/** A refusal of MAIL or DATA is about the message; whatever else goes wrong there is the server's trouble, and another server may have none. */
function refusalOfAll(reply: LmtpReply | undefined, command: string): Outcome {
  if (reply !== undefined && isPermanent(reply) && !isProtocolComplaint(reply)) return { kind: 'refused', text: reply.text };
  throw new LmtpFault('lost', `${command}: ${reply === undefined ? 'no reply' : `the store says ${quoteReply(reply)}`}`);
}

function copySize({ content, omit }: Consignment, group: Group): number {
  return Buffer.byteLength(group.stamps, 'utf8') + keptSize(content, omit);
}

async function sendMessage({ connection }: OpenConnection, { consignment, group, deadlines }: Errand): Promise<Buffer> {
  connection.endStep();
  const { content, omit, signal } = consignment;
  return sendBody({ content, omit, signal, stamps: group.stamps }, (octets) => connection.write(octets, deadlines.writeMs));
}

async function handOver(
  { connection }: OpenConnection,
  { consignment, group, deadlines }: Errand,
  decisions: readonly Decision[],
  last: Buffer,
): Promise<readonly Outcome[]> {
  const awaited = group.copies.filter((_copy, at) => decisions[at] === 'awaited').map(({ copy }) => wireAddress(copy.target.address));
  connection.startStep('the reply after the final dot', deadlines.storeMs);
  connection.send(last, awaited.length);
  const outcomes = (await takeOutcomes(connection, awaited, copySize(consignment, group))).values();
  return decisions.map((one) => (one === 'awaited' ? nextOf(outcomes) : one));
}

function nextOf(outcomes: Iterator<Outcome>): Outcome {
  const next = outcomes.next();
  return next.done === true ? uncertain('no outcome') : next.value;
}
