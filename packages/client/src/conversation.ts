import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { formatAddress, formatReversePath, type ReversePath } from '@vratny/smtp';
import { type Cancellation, onAbort } from '@vratny/waiting';
import { ClientConnection } from './connection.ts';
import { ConversationFault } from './fault.ts';
import { ADDRESS_BYTES_MAX } from './limits.ts';
import { isPositive, quoteReply, type ServerReply } from './reply.ts';

/** A connection after EHLO or LHLO. */
export interface Conversation {
  readonly connection: ClientConnection;
  readonly features: Features;
}

/** Options of {@link openConversation}. */
export interface OpenOptions {
  /** Connected or connecting. */
  readonly stream: Duplex;
  /** Of the server, for details. */
  readonly name: string;
  readonly hello: 'EHLO' | 'LHLO';
  /** Ours, for the hello. */
  readonly hostName: string;
  /** For TCP's handshake, in milliseconds. */
  readonly connectMs: number;
  /** For the greeting and the answer to the hello, in milliseconds. */
  readonly greetingMs: number;
  /** Called once when the connection is of no use any more. */
  readonly onBroken: () => void;
  /** Ends the attempt. */
  readonly signal: Cancellation;
}

/** Reads the greeting and says EHLO (RFC 5321 §3.2) or LHLO (RFC 2033 §4.1). Rejects with {@link ConversationFault}; nothing stays open then. */
export async function openConversation(options: OpenOptions): Promise<Conversation> {
  const { stream, name, hello, hostName, connectMs, greetingMs, onBroken, signal } = options;
  const connection = new ClientConnection(stream, name, onBroken);
  const stopListening = onAbort(signal, () => connection.destroy());
  const greet = () => connection.startStep(`greeting and ${hello}`, greetingMs);
  if (stream instanceof Socket && stream.connecting) {
    connection.startStep('connecting', connectMs);
    stream.once('connect', greet);
  } else greet();
  try {
    if (signal.aborted) throw new ConversationFault('ended', `${name}: given up before it was connected`);
    mustBePositive(await connection.nextReplies(1), name);
    connection.send(`${hello} ${hostName}\r\n`, 1);
    const features = readFeatures(mustBePositive(await connection.nextReplies(1), name));
    connection.endStep();
    if (!connection.idle) throw connection.fault ?? new ConversationFault('garbled', `${name}: more replies than commands`);
    return { connection, features };
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    stopListening();
  }
}

function mustBePositive([reply]: readonly ServerReply[], name: string): ServerReply {
  if (reply === undefined || !isPositive(reply)) {
    throw new ConversationFault('lost', `${name}: does not serve us: ${reply === undefined ? 'no reply' : quoteReply(reply)}`);
  }
  return reply;
}

/**
 * Sends commands and takes a reply for each: all at once when the server pipelines (RFC 2920), else one after the other for as long as `goOn`
 * wants the next one. Rejects with {@link ConversationFault}; a 421 is one, since nothing can follow it.
 */
export async function converse(
  { connection, features }: Conversation,
  commands: readonly string[],
  goOn: (replies: readonly ServerReply[]) => boolean = () => true,
): Promise<readonly ServerReply[]> {
  if (features.pipelining) {
    connection.send(`${commands.join('\r\n')}\r\n`, commands.length);
    return connection.takeReplies(commands.length);
  }
  const replies: ServerReply[] = [];
  for (const command of commands) {
    if (!goOn(replies)) break;
    connection.send(`${command}\r\n`, 1);
    replies.push(...(await connection.takeReplies(1)));
  }
  return replies;
}

/**
 * Verifies that replies match commands: RSET must get exactly one positive reply. A refusal counts only after that: if the server had sent one reply
 * too many before it, it would belong to another command. Rejects with {@link ConversationFault}.
 */
export async function confirmOrder(conversation: Conversation): Promise<void> {
  const [reply] = await converse(conversation, ['RSET']);
  if (reply === undefined || !isPositive(reply) || !conversation.connection.idle) throw lostCount(conversation.connection);
}

/** The fault of a connection whose replies do not match the commands. */
export function lostCount(connection: ClientConnection): ConversationFault {
  return connection.fault ?? new ConversationFault('garbled', 'the replies of the store do not match the commands');
}

/** What a server offers in its answer to EHLO or LHLO (RFC 2033 §4.1). */
interface Features {
  /** RFC 2920. */
  readonly pipelining: boolean;
  /** RFC 6152. */
  readonly eightBitMime: boolean;
  /** RFC 6531. */
  readonly smtpUtf8: boolean;
  /** RFC 1870. */
  readonly size: boolean;
}

/** Reads them; keywords have no case. The first line is the server's name. */
function readFeatures(hello: ServerReply): Features {
  const keywords = new Set(
    hello.text
      .split('\n')
      .slice(1)
      .map((line) => line.slice(4).trim().split(/\s/u)[0]?.toUpperCase()),
  );
  return {
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    size: keywords.has('SIZE'),
  };
}

const CONTROL = /[\u0000-\u001f\u007f]/u;
const NON_ASCII = /[^\u0000-\u007f]/u;

/** What is needed for MAIL. */
interface MailWishes {
  readonly sender: ReversePath;
  /** Octets with stamps; 0 when not known. */
  readonly sizeBytes: number;
  /** The site says that its stores take internationalised messages: the message may be one. */
  readonly utf8: boolean;
}

/** `MAIL FROM:<...>` with the parameters that the server offers, without CRLF. @throws ConversationFault when the sender cannot be written */
export function mailCommand({ sender, sizeBytes, utf8 }: MailWishes, features: Features): string {
  const path = writable(formatReversePath(sender), utf8 && features.smtpUtf8);
  const size = sizeBytes > 0 && features.size ? ` SIZE=${sizeBytes}` : '';
  return `MAIL FROM:<${path}>${size}${features.eightBitMime ? ' BODY=8BITMIME' : ''}${utf8 && features.smtpUtf8 ? ' SMTPUTF8' : ''}`;
}

/** `RCPT TO:<...>`, without CRLF. @throws ConversationFault when the address cannot be written */
export function rcptCommand(address: string, utf8: boolean): string {
  return `RCPT TO:<${writable(wireAddress(address), utf8)}>`;
}

/** A target's address (`local@domain`, unquoted) as it goes onto the wire. */
export function wireAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return formatAddress({ local: address.slice(0, Math.max(at, 0)), domain: address.slice(at + 1) });
}

/** Refuses an address that would add a command (control characters), or that the server cannot read. */
function writable(path: string, utf8: boolean): string {
  if (CONTROL.test(path)) throw new ConversationFault('ended', 'an address with control characters cannot be sent');
  if (Buffer.byteLength(path) > ADDRESS_BYTES_MAX) throw new ConversationFault('ended', 'an address is too long to be sent');
  if (!utf8 && NON_ASCII.test(path)) throw new ConversationFault('ended', 'the store takes no internationalised addresses (SMTPUTF8)');
  return path;
}
