import { type AddressProblem, parseAddress } from './address.ts';
import type { Command, Malformed, Verb } from './command.ts';
import { EXTENSIONS, type MailParameters, type Offer } from './extensions.ts';
import { HELO_MAX, PARAMETERS_MAX } from './limits.ts';
import type { Refusal } from './reply.ts';

/** Without any parameter. */
const NO_PARAMETERS: MailParameters = { body: '7bit', utf8: false };

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
  BDAT: bdat,
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

/** RFC 3030 §2: digits only, since whoever reads another number than the client meant loses count. What is larger than a safe integer is larger than any message. */
function bdat(rest: string): Command | Refusal {
  const match = /^(\d+)(?:[ \t]+(LAST))?$/iu.exec(rest);
  if (!match) return '501 5.5.4 write BDAT size, or BDAT size LAST';
  return { verb: 'BDAT', sizeBytes: Math.min(Number(match[1]), Number.MAX_SAFE_INTEGER), last: match[2] !== undefined };
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

const UNKNOWN: Refusal = '555 5.5.4 a parameter of this command is not known here';

/**
 * DSN's (RFC 3461 §4): without the extension no report is promised, and a receiver that delivers or refuses at once
 * owes none.
 */
const REPORTS = ['RET', 'ENVID', 'NOTIFY', 'ORCPT'];

/**
 * Parameters of extensions that are not offered, and that do no harm when nobody heeds them: they are taken and not
 * looked at, whatever their value. Clients write them unasked (AUTH behind an authenticating relay, RFC 4954 §5;
 * priority, RFC 6710; no-soliciting, RFC 3865), and a 555 would return mail for nothing. Those that demand something of
 * the receiver stay unknown: REQUIRETLS, HOLDFOR and HOLDUNTIL, BY, RRVS, TRANSID, BODY=BINARYMIME.
 */
const IGNORED: Readonly<Record<'MAIL' | 'RCPT', ReadonlySet<string>>> = {
  MAIL: new Set([...REPORTS, 'AUTH', 'MT-PRIORITY', 'SOLICIT']),
  RCPT: new Set(REPORTS),
};

/**
 * `NAME` or `NAME=value` (RFC 5321 §4.1.2, esmtp-param), names in upper case, those of `ignored` left out; or the reply
 * for a text that is none.
 */
function splitParameters(text: string, ignored: ReadonlySet<string>): ReadonlyMap<string, string | undefined> | Refusal {
  const found = new Map<string, string | undefined>();
  if (text === '') return found;
  // One more than is allowed is enough to say so.
  const words = text.split(/[ \t]+/u, PARAMETERS_MAX + 1);
  if (words.length > PARAMETERS_MAX) return '501 5.5.4 too many parameters';
  for (const word of words) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=(.*))?$/su.exec(word);
    if (!match) return '501 5.5.4 a parameter is NAME or NAME=value';
    const name = (match[1] ?? '').toUpperCase();
    if (ignored.has(name)) continue;
    if (match[2] === '' || match[2]?.includes('=')) return '501 5.5.4 a parameter is NAME or NAME=value';
    if (found.has(name)) return '501 5.5.4 a parameter is given twice';
    found.set(name, match[2]);
  }
  return found;
}

/**
 * Reads MAIL's parameters by the extensions on offer; one that is not on offer is unknown (RFC 5321 §4.1.1.11), unless
 * it does no harm.
 */
function readMailParameters(text: string, offer: Offer): MailParameters | Refusal {
  const words = splitParameters(text, IGNORED.MAIL);
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

/**
 * RCPT has no parameter of its own here: why it is refused, if one stands there that does harm when it is not heeded.
 */
function readRcptParameters(text: string): Refusal | undefined {
  const words = splitParameters(text, IGNORED.RCPT);
  if (typeof words === 'string') return words;
  return words.size === 0 ? undefined : UNKNOWN;
}

/** A path's text and what follows it: `<text> rest`. */
interface PathText {
  /** Between the angle brackets, without a source route. */
  readonly path: string;
  readonly rest: string;
}

const BLANK = /[ \t]/u;

/**
 * Splits `<path> parameters`. Quoted local parts may hold `>` (RFC 5321 §4.1.2), so the closing bracket is the first
 * outside quotes. A source route (`@a,@b:`) is dropped, as RFC 5321 §4.1.1.3 and appendix C ask. Old clients leave the
 * brackets out, write blanks inside them, or none behind them: what they mean is clear.
 */
function splitPath(text: string): PathText | undefined {
  if (!text.startsWith('<')) return splitBare(text);
  const end = findOutsideQuotes(text, 1, (char) => char === '>');
  if (end === -1) return undefined;
  const inside = text.slice(1, end);
  // Blanks alone are no null path.
  const path = inside.trim() === '' ? inside : inside.trim();
  return { path: withoutSourceRoute(path), rest: text.slice(end + 1).trim() };
}

/** `address parameters`, without brackets. */
function splitBare(text: string): PathText | undefined {
  if (text === '' || findOutsideQuotes(text, 0, (char) => char === '<' || char === '>') !== -1) return undefined;
  const blank = findOutsideQuotes(text, 0, (char) => BLANK.test(char));
  const end = blank === -1 ? text.length : blank;
  return { path: withoutSourceRoute(text.slice(0, end)), rest: text.slice(end).trim() };
}

/** Where the first such character outside quotes stands, or -1. */
function findOutsideQuotes(text: string, from: number, isWanted: (char: string) => boolean): number {
  let quoted = false;
  for (let i = from; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (quoted && char === '\\') i += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && isWanted(char)) return i;
  }
  return -1;
}

function withoutSourceRoute(path: string): string {
  const route = /^@[^\s,:"<>@]+(?:,@[^\s,:"<>@]+)*:(.*)$/u.exec(path);
  return route?.[1] ?? path;
}
