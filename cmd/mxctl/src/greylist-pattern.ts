import { KEY_MAX } from '@vratny/state';
import { InvalidArgumentError } from 'commander';

const CLIENT = /^(?:spf:.+|[\d.*]+|[\da-f.*]*:[\da-f:.*]*)(?:\/\d+)?$/iu;

/**
 * What a person means by a pattern, as one of greylisting's keys (sender, a space, client network): an address or `<>`
 * is the sender, an IP address or network (or `spf:` and a domain) the client, any other name the sender's domain; with
 * a space it is both. `*` stands for any text.
 */
export function greylistPattern(written: string): string {
  const pattern = toKeyPattern(written.toLowerCase());
  if (written === '' || Buffer.byteLength(pattern) > KEY_MAX)
    throw new InvalidArgumentError(`It has no text, or more than ${KEY_MAX} octets.`);
  return pattern;
}

function toKeyPattern(written: string): string {
  if (written === '*') return '*';
  const space = written.lastIndexOf(' ');
  if (space >= 0) return `${toSender(written.slice(0, space))} ${toClient(written.slice(space + 1))}`;
  return CLIENT.test(written) ? `* ${toClient(written)}` : `${toSender(written)} *`;
}

function toSender(written: string): string {
  if (written === '<>') return '';
  return written.includes('@') || written === '*' || written === '' ? written : `*@${written}`;
}

function toClient(written: string): string {
  return written.includes('/') || written.endsWith('*') || written.startsWith('spf:') ? written : `${written}/*`;
}
