import type { Header, HeaderField } from '@vratny/message';

/** A name that any reader takes for one, without white space before its colon. */
const NAME = /^[!-9;-~]+$/u;

/**
 * One mailbox that can be read in one way only: `Name <local@domain>` or `local@domain` in ASCII, where the name has no
 * quoted pair, comment, second address or special character. Every quantifier ends at a character that it does not
 * match itself.
 */
const PLAIN_AUTHOR = /^(?:(?:"[^"@<>\\]*"[\t ]*|[^"@<>()[\],:;\\]*)<)?([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+)(>?)$/u;

/** Longer addresses are read by mailauth. */
const ADDRESS_MAX_CHARS = 320;

/**
 * The author's address of a message without signatures whose author can be read in one way only: well-formed fields,
 * one complete From field with one plain mailbox, no DKIM-Signature and no ARC field. Undefined otherwise: then
 * mailauth reads the message. Pure.
 */
export function unsignedAuthor({ fields, bodyStart, truncated }: Header): string | undefined {
  if (truncated) return undefined;
  let end = 0;
  let from: HeaderField | undefined;
  for (const field of fields) {
    if (field.start !== end || !NAME.test(field.name)) return undefined;
    if (field.name === 'dkim-signature' || field.name.startsWith('arc-')) return undefined;
    if (field.name === 'from') {
      if (from !== undefined) return undefined;
      from = field;
    }
    end = field.end;
  }
  // Behind the last field is nothing but the empty line.
  if (bodyStart - end > 2 || from === undefined || from.cut) return undefined;
  return readAuthor(from.value);
}

function readAuthor(value: string): string | undefined {
  if (/[^\t\u0020-\u007e]/u.test(value)) return undefined;
  const [, address = '', closing] = PLAIN_AUTHOR.exec(value) ?? [];
  const bracketed = value.includes('<');
  return address === '' || address.length > ADDRESS_MAX_CHARS || bracketed !== (closing === '>') ? undefined : address;
}
