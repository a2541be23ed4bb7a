import { type Address, type AddressProblem, parseAddress } from './address.ts';
import type { Command, Malformed, Verb } from './command.ts';
import { type MailParameters, NO_PARAMETERS, type Offer } from './extensions/extension.ts';
import { EXTENSIONS } from './extensions/index.ts';
import { HELO_MAX, PARAMETERS_MAX } from './limits.ts';
import type { Refusal } from './reply.ts';

type Parser = (rest: string, offer: Offer) => Command | Refusal;

const bare =
  (verb: 'DATA' | 'RSET' | 'QUIT' | 'STARTTLS'): Parser =>
  (rest) =>
    rest === '' ? { verb } : `501 5.5.4 ${verb} takes no argument`;

const PARSERS: Readonly<Record<Verb, Parser>> = {
  EHLO: (rest) => hello('EHLO', rest),
  HELO: (rest) => hello('HELO', rest),
  MAIL: mail,
  RCPT: rcpt,
  DATA: bare('DATA'),
  RSET: bare('RSET'),
  QUIT: bare('QUIT'),
  STARTTLS: bare('STARTTLS'),
  // RFC 5321 §4.1.1.8 and §4.1.1.9 allow an argument and give it no meaning.
  HELP: () => ({ verb: 'HELP' }),
  NOOP: () => ({ verb: 'NOOP' }),
  VRFY: (rest) => (rest === '' ? '501 5.5.4 VRFY takes a mailbox' : { verb: 'VRFY', subject: rest }),
};

/** Reads one command line, without its CRLF (RFC 5321 §4.1.1). Never throws. */
export function parseCommand(line: string, offer: Offer): Command | Malformed {
  const match = /^([A-Za-z]+)(?:[ \t]+(.*))?$/su.exec(withoutTrailingSpace(line));
  const word = (match?.[1] ?? '').toUpperCase();
  if (!match || !isVerb(word)) return { verb: 'unknown', malformed: '500 5.5.2 command not known' };
  // RFC 5321 §4.1.2: no control character has a place in a command.
  if (CONTROL.test(line)) return { verb: word, malformed: '501 5.5.2 a command holds no control characters' };
  const read = PARSERS[word](match[2] ?? '', offer);
  return typeof read === 'string' ? { verb: word, malformed: read } : read;
}

const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/u;

/** RFC 5321 §4.1.1: trailing white space is let by. Not Unicode's idea of it: that would change an argument. */
function withoutTrailingSpace(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(PARSERS, word);
}

function hello(verb: 'EHLO' | 'HELO', rest: string): Command | Refusal {
  if (rest === '' || /\s/u.test(rest)) return `501 5.5.4 ${verb} takes one name`;
  return rest.length > HELO_MAX ? `501 5.5.4 the name after ${verb} is too long` : { verb, name: rest };
}

function mail(rest: string, offer: Offer): Command | Refusal {
  const written = splitPath(/^from:\s*(.*)$/isu.exec(rest)?.[1] ?? '');
  if (!written) return '501 5.5.4 write MAIL FROM:<address>';
  const parameters = readMailParameters(written.rest, offer);
  if (typeof parameters === 'string') return parameters;
  if (written.path === '') return { verb: 'MAIL', sender: null, parameters };
  const sender = parseAddress(written.path, { utf8: parameters.utf8 });
  return typeof sender === 'string'
    ? addressReply(sender, '501 5.1.7 the sender is no mail address')
    : { verb: 'MAIL', sender, parameters };
}

function rcpt(rest: string): Command | Refusal {
  const written = splitPath(/^to:\s*(.*)$/isu.exec(rest)?.[1] ?? '');
  if (!written) return '501 5.5.4 write RCPT TO:<address>';
  const problem = readRcptParameters(written.rest);
  if (problem !== undefined) return problem;
  if (written.path.toLowerCase() === 'postmaster') return { verb: 'RCPT', recipient: 'postmaster' };
  // Whether the transaction is SMTPUTF8 is known to the session, which refuses 8-bit recipients without it.
  const recipient = parseAddress(written.path, { utf8: true });
  return typeof recipient === 'string'
    ? addressReply(recipient, '501 5.1.3 the recipient is no mail address')
    : { verb: 'RCPT', recipient };
}

/** The reply for 8-bit text where SMTPUTF8 was not asked for (RFC 6531 §3.5), or which is no UTF-8. */
export const EIGHT_BIT_ADDRESS: Refusal = '553 5.6.7 an address with characters outside ASCII needs SMTPUTF8, and is written in UTF-8';

function addressReply(problem: AddressProblem, otherwise: Refusal): Refusal {
  switch (problem) {
    case 'eight-bit':
      return EIGHT_BIT_ADDRESS;
    case 'too-long':
      return '501 5.1.0 the address is too long';
    case 'syntax':
      return otherwise;
  }
}

/** True when an address needs SMTPUTF8: its local part is not ASCII, or its domain was written in U-labels. */
export function needsUtf8(address: Address): boolean {
  return address.uLabels === true || /[^\u0000-\u007f]/u.test(address.local);
}

const UNKNOWN: Refusal = '555 5.5.4 a parameter of this command is not known here';

/** `NAME` or `NAME=value` (RFC 5321 §4.1.2, esmtp-param), names in upper case; or the reply for a text that is none. */
function splitParameters(text: string): ReadonlyMap<string, string | undefined> | Refusal {
  const found = new Map<string, string | undefined>();
  if (text === '') return found;
  const words = text.split(/ +/u);
  if (words.length > PARAMETERS_MAX) return '501 5.5.4 too many parameters';
  for (const word of words) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=]+))?$/u.exec(word);
    if (!match) return '501 5.5.4 a parameter is NAME or NAME=value';
    const name = (match[1] ?? '').toUpperCase();
    if (found.has(name)) return '501 5.5.4 a parameter is given twice';
    found.set(name, match[2]);
  }
  return found;
}

/** Reads MAIL's parameters by the extensions on offer; one that is not on offer is unknown (RFC 5321 §4.1.1.11). */
function readMailParameters(text: string, offer: Offer): MailParameters | Refusal {
  const words = splitParameters(text);
  if (typeof words === 'string') return words;
  let parameters = NO_PARAMETERS;
  for (const [name, value] of words) {
    const extension = EXTENSIONS.find((one) => one.mail?.name === name && one.advertise(offer) !== undefined);
    if (!extension?.mail) return UNKNOWN;
    const read = extension.mail.read(value);
    if (typeof read === 'string') return read;
    parameters = { ...parameters, ...read };
  }
  return parameters;
}

/** RCPT has no parameter here: DSN's NOTIFY and ORCPT belong to an extension that is not offered. */
function readRcptParameters(text: string): Refusal | undefined {
  const words = splitParameters(text);
  if (typeof words === 'string') return words;
  return words.size === 0 ? undefined : UNKNOWN;
}

/** A path's text and what follows it: `<text> rest`. */
interface PathText {
  /** Between the angle brackets, without a source route. */
  readonly path: string;
  readonly rest: string;
}

/**
 * Splits `<path> parameters`. Quoted local parts may hold `>` (RFC 5321 §4.1.2), so the closing bracket is the first outside quotes. A
 * source route (`@a,@b:`) is dropped, as RFC 5321 §4.1.1.3 and appendix C ask.
 */
function splitPath(text: string): PathText | undefined {
  if (!text.startsWith('<')) return undefined;
  let quoted = false;
  for (let i = 1; i < text.length; i += 1) {
    const char = text[i];
    if (quoted && char === '\\') i += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === '>' && !quoted) {
      const rest = text.slice(i + 1);
      return rest === '' || rest.startsWith(' ') ? { path: withoutSourceRoute(text.slice(1, i)), rest: rest.trim() } : undefined;
    }
  }
  return undefined;
}

function withoutSourceRoute(path: string): string {
  const route = /^@[^\s,:"<>@]+(?:,@[^\s,:"<>@]+)*:(.*)$/u.exec(path);
  return route?.[1] ?? path;
}
