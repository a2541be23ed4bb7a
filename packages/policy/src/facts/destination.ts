import { type Destination, DirectoryFault } from '@vratny/directory';
import { addressKey } from '@vratny/smtp';
import { DIRECTORY_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';

/** Where mail to the recipient goes, as the directory has it. */
export const destination = fact({
  name: 'destination',
  stage: 'rcpt',
  deadlineMs: DIRECTORY_FACT_MS,
  alarm: true,
  needs: {},
  ports: ['directory'],
  async find({ recipient, sitePostmaster }, _needs, { directory }): Promise<Destination> {
    try {
      const found = await directory.findDestination(recipient);
      return sitePostmaster && found.kind !== 'mailboxes' ? postmasterItself(addressKey(recipient), recipient.domain) : found;
    } catch (error) {
      if (error instanceof DirectoryFault) throw new FactFault(error.message);
      throw error;
    }
  },
});

/** RFC 5321 §4.5.1: the site's postmaster is there even when nobody wrote it into the directory. */
function postmasterItself(address: string, domain: string): Destination {
  const mailbox = { address, usedBytes: 0, antispam: false, enabled: true };
  return { kind: 'mailboxes', domain: { name: domain, letter: 'd' }, mailboxes: [mailbox] };
}
