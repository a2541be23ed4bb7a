import { type MailParameters, NO_PARAMETERS, type Offer } from './extensions/extension.ts';
import { EXTENSIONS } from './extensions/index.ts';
import { PARAMETERS_MAX } from './limits.ts';
import type { Refusal } from './reply.ts';

const UNKNOWN: Refusal = '555 5.5.4 a parameter of this command is not known here';

/** `NAME` or `NAME=value` (RFC 5321 §4.1.2, esmtp-param), names in upper case; or the reply for a text that is none. */
export function splitParameters(text: string): ReadonlyMap<string, string | undefined> | Refusal {
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
export function readMailParameters(text: string, offer: Offer): MailParameters | Refusal {
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
export function readRcptParameters(text: string): Refusal | undefined {
  const words = splitParameters(text);
  if (typeof words === 'string') return words;
  return words.size === 0 ? undefined : UNKNOWN;
}
