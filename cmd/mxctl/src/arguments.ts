import { readMailboxStore } from '@vratny/adapters';
import { type Octets, parseDuration, parseSize } from '@vratny/config';
import type { MailboxesAt } from '@vratny/directory';
import { isLetter, LETTERS, type Letter } from '@vratny/hosts';
import { type DomainName, normaliseDomain } from '@vratny/smtp';
import { InvalidArgumentError } from 'commander';

/** Reads a domain name; U-labels become A-labels (RFC 5890 §2.3.2.1). */
export function domainArgument(written: string): DomainName {
  const name = normaliseDomain(written);
  if (name === undefined) refuse('It is no domain name.');
  return name;
}

/** Reads a policy letter. */
export function letterArgument(written: string): Letter {
  const letter = written.toLowerCase();
  if (!isLetter(letter)) refuse(`Policies are ${LETTERS.join(', ')}.`);
  return letter;
}

/** Reads a size such as `100MiB`. */
export function sizeArgument(written: string): Octets {
  const reading = parseSize(written);
  if (!reading.ok) refuse('It is no size such as 100MiB, 20MB or a number of octets.');
  return reading.value;
}

/** Reads a size, or `none` for no limit. */
export function quotaArgument(written: string): Octets | null {
  return written.toLowerCase() === 'none' ? null : sizeArgument(written);
}

/** Reads who knows the mailboxes of a domain. */
export function mailboxesArgument(written: string): MailboxesAt {
  if (written !== 'directory' && written !== 'store') refuse('It is neither directory nor store.');
  return written;
}

/** Reads the same, or `default` for what the site file says. */
export function mailboxesOrDefaultArgument(written: string): MailboxesAt | null {
  return written === 'default' ? null : mailboxesArgument(written);
}

/** Reads the URL of a mailbox's store. */
export function storeArgument(written: string): string {
  const reading = readMailboxStore(written);
  if (!reading.ok) refuse(`It ${reading.message}.`);
  return written;
}

/** Reads the URL of a mailbox's store, or `default` for the site's own. */
export function storeOrDefaultArgument(written: string): string | null {
  return written === 'default' ? null : storeArgument(written);
}

/** Makes a reader of whole numbers between two bounds. */
export function countArgument(min: number, max: number): (written: string) => number {
  return (written) => {
    const count = /^\d{1,9}$/u.test(written) ? Number(written) : Number.NaN;
    if (!(count >= min && count <= max)) refuse(`It is no whole number from ${min} to ${max}.`);
    return count;
  };
}

/**
 * Makes a reader of points in time: a date, or a date and time with its zone (RFC 3339), after `now` and at most
 * `maxDays` ahead.
 */
export function timeArgument(now: () => Date, maxDays: number): (written: string) => Date {
  return (written) => {
    const at = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/u.test(written) ? Date.parse(written) : Number.NaN;
    const ahead = at - now().getTime();
    if (!(ahead >= 0 && ahead <= maxDays * 86_400_000)) {
      refuse(`It is no time within the next ${maxDays} days, such as ${example(now)}.`);
    }
    return new Date(at);
  };
}

/** Makes a reader of points in time that have passed: how long ago (`2d`, `6h`), a date, or a date and time with its zone (RFC 3339). */
export function pastArgument(now: () => Date): (written: string) => Date {
  return (written) => {
    const ago = parseDuration(written);
    if (ago.ok) return new Date(now().getTime() - ago.value);
    const at = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/u.test(written) ? Date.parse(written) : Number.NaN;
    if (Number.isNaN(at)) refuse('It is neither how long ago, such as 2d or 6h, nor a date such as 2026-11-27.');
    return new Date(at);
  };
}

function example(now: () => Date): string {
  return new Date(now().getTime() + 86_400_000).toISOString().slice(0, 10);
}

/** What commander says to the user, after the argument's name and what was written. */
function refuse(why: string): never {
  throw new InvalidArgumentError(why);
}
