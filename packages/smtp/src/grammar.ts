import { type Address, type AddressProblem, parseAddress } from './address.ts';
import type { Command, Malformed, Verb } from './command.ts';
import type { Offer } from './extensions/extension.ts';
import { HELO_MAX } from './limits.ts';
import { readMailParameters, readRcptParameters } from './parameters.ts';
import { splitPath } from './path.ts';
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
