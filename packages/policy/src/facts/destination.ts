import { type Destination, DirectoryFault } from '@vratny/directory';
import { addressKey } from '@vratny/smtp';
import { DIRECTORY_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';

/** The destination of the recipient in the directory. */
export const destination = fact({
  name: 'destination',
  stage: 'rcpt',
  deadlineMs: DIRECTORY_FACT_MS,
  alarm: true,
  needs: {},
  ports: ['directory'],
  find({ recipient, sitePostmaster }, _needs, { directory }): Destination | Promise<Destination> {
    const atLeastPostmaster = (found: Destination): Destination =>
      sitePostmaster && found.kind !== 'mailboxes' ? findSitePostmaster(addressKey(recipient), recipient.domain) : found;
    const found = directory.findDestination(recipient);
    if (!(found instanceof Promise)) return atLeastPostmaster(found);
    return found.then(atLeastPostmaster, (error: unknown) => {
      throw error instanceof DirectoryFault ? new FactFault(error.message) : error;
    });
  },
});

/**
 * The same from the directory itself, where this is only what was known: nothing is refused for good by that. Rejects with {@link FactFault} when the directory
 * cannot be asked.
 */
export async function askNow(found: Destination): Promise<Destination> {
  if (found.kind !== 'mailboxes' || found.askNow === undefined) return found;
  try {
    return await found.askNow();
  } catch (error) {
    throw error instanceof DirectoryFault ? new FactFault(error.message) : error;
  }
}

/** Whether two answers lead to the same mailboxes, which take and refuse the same. */
export function areSameMailboxes(one: Destination, other: Destination): boolean {
  return describeMailboxes(one) === describeMailboxes(other);
}

function describeMailboxes(found: Destination): string {
  if (found.kind !== 'mailboxes') return found.kind;
  return JSON.stringify(found.mailboxes.map(({ address, store, quotaBytes, enabled }) => [address, store, quotaBytes, enabled]));
}

/** RFC 5321 §4.5.1: the site's postmaster exists also when the directory has no entry for it. */
function findSitePostmaster(address: string, domain: string): Destination {
  const mailbox = { address, usedBytes: 0, antispam: false, enabled: true };
  return { kind: 'mailboxes', domain: { name: domain, letter: 'd' }, mailboxes: [mailbox] };
}
