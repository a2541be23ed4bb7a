import { type Address, formatAddress, PATH_MAX } from '@vratny/smtp';
import type { Stamp } from '../model/policy.ts';
import type { MessageContext } from '../model/stage.ts';

/**
 * RFC 5321 §4.4: the client, the protocol and the time. No `for` with several recipients: it would disclose the others.
 */
export const received: Stamp = { name: 'received', facts: [], write: writeReceived };

function writeReceived(context: MessageContext): string {
  const { client, helo, settings, recipients, tls } = context;
  const address = client.ip.includes(':') ? `[IPv6:${client.ip}]` : `[${client.ip}]`;
  const lines = [`Received: from ${atom(helo.name)} (${address})`];
  if (tls) lines.push(`(using ${tls.protocol} with cipher ${tls.cipher})`);
  lines.push(`by ${settings.hostName} (Vratny) with ${transmission(context)} id ${context.id}`);
  const only = recipients.length === 1 ? recipients[0] : undefined;
  const clause = only === undefined ? undefined : recipientClause(only.recipient);
  if (clause !== undefined) lines.push(clause);
  return `${lines.join('\r\n\t')};\r\n\t${rfc5322Date(context.receivedAt)}\r\n`;
}

/** RFC 3848 and RFC 6531 §4.3. */
function transmission({ helo, tls, parameters }: MessageContext): string {
  if (helo.verb === 'HELO') return 'SMTP';
  return `${parameters.utf8 ? 'UTF8SMTP' : 'ESMTP'}${tls ? 'S' : ''}`;
}

/** The name is the client's own claim: only what a domain or an address literal may hold gets into the header. */
function atom(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._:[\]-]/gu, '?').slice(0, 255);
  return safe === '' ? 'unknown' : safe;
}

/**
 * Undefined when the address is not ASCII, which a header field of an ordinary message may not hold (RFC 5322 §2.2);
 * the clause is optional.
 */
function recipientClause(recipient: Address): string | undefined {
  const text = formatAddress(recipient).slice(0, PATH_MAX);
  return /^[\u0020-\u007e]+$/u.test(text) ? `for <${text}>` : undefined;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 5322 §3.3, in UTC. */
function rfc5322Date(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  return `${DAYS[at.getUTCDay()]}, ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()} ${time} +0000`;
}
