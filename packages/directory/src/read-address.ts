import { addressKey, type DomainName, normaliseDomain, parseAddress } from '@vratny/smtp';
import { LOCAL_PART_MAX } from './limits.ts';
import { RegisterRefusal } from './register.ts';

/** What a person typed, short enough for one line of a message. */
function quote(written: string): string {
  return `"${written.replaceAll(/\p{C}/gu, '?').slice(0, 100)}"`;
}

/** A domain as somebody wrote it, normalised. @throws RegisterRefusal */
export function readDomain(written: string): DomainName {
  const name = normaliseDomain(written);
  if (name === undefined) throw new RegisterRefusal(`${quote(written)} is not a domain name; expected something like example.com`);
  return name;
}

/** A mailbox or alias address as somebody wrote it, in the form of `addressKey`. @throws RegisterRefusal */
export function readAddress(written: string): string {
  const address = parseAddress(written, { utf8: true });
  if (address === 'too-long') throw new RegisterRefusal(`${quote(written)} is too long for an address`);
  if (typeof address === 'string')
    throw new RegisterRefusal(`${quote(written)} is not an address; expected something like alice@example.com`);
  if (address.literal !== undefined) throw new RegisterRefusal(`${quote(written)} is at an IP address; expected a domain name after the @`);
  const key = addressKey(address);
  if (Buffer.byteLength(key.slice(0, key.lastIndexOf('@'))) > LOCAL_PART_MAX)
    throw new RegisterRefusal(`${quote(written)} is too long for an address`);
  // So that every stored address reads back as itself: names that need quotes are let through by SMTP, but nobody can type them.
  if (key !== addressKeyOf(key)) throw new RegisterRefusal(`${quote(written)}: the part before the @ must do without quotes`);
  return key;
}

function addressKeyOf(key: string): string | undefined {
  const address = parseAddress(key, { utf8: true });
  return typeof address === 'string' ? undefined : addressKey(address);
}

/** An address, or `@domain` for the domain's catch-all. @throws RegisterRefusal */
export function readAliasAddress(written: string): string {
  return written.startsWith('@') ? `@${readDomain(written.slice(1))}` : readAddress(written);
}
