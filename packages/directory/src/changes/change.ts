import type { DomainName } from '@vratny/smtp';
import { splitAddress } from '../find-destination.ts';
import { NEAREST_CANDIDATES_MAX } from '../limits.ts';
import { findNearest } from '../nearest.ts';
import type { Domain, MailboxesAt } from '../port.ts';
import { RegisterRefusal } from '../register.ts';
import type { RegisterRows } from '../store.ts';

/** One change under way: the rows of its transaction, and its line in the audit. */
export interface Change {
  readonly rows: RegisterRows;
  /** Who knows the mailboxes of domains that do not say. */
  readonly mailboxes: MailboxesAt;
  /** Whether the site sends mail on to what an alias leads to outside. */
  readonly forwards: boolean;
  readonly now: Date;
  /** Writes the audit line of this change. */
  record(action: string, subject: string, detail: string): Promise<void>;
}

/** The domain of ours with this name. @throws RegisterRefusal naming the nearest one */
export async function needDomain(rows: RegisterRows, name: DomainName): Promise<Domain> {
  const domain = await rows.findDomain(name);
  if (domain !== undefined) return domain;
  const names = (await rows.listDomains(NEAREST_CANDIDATES_MAX)).map((candidate) => candidate.name);
  throw new RegisterRefusal(`${name} is not a domain of ours${didYouMean(findNearest(name, names))}`);
}

/** The same, when it has addresses of its own. @throws RegisterRefusal for a domain alias too */
export async function needAddresses(rows: RegisterRows, name: DomainName): Promise<Domain> {
  const domain = await needDomain(rows, name);
  if (domain.aliasOf === undefined) return domain;
  throw new RegisterRefusal(`${name} is an alias of ${domain.aliasOf}: add the address there`);
}

/** `; did you mean alice@example.com?` for a name that nothing has, empty when nothing is near. */
export async function suggestAddress(rows: RegisterRows, address: string, among: 'mailboxes' | 'all'): Promise<string> {
  const { local, domain } = splitAddress(address);
  const mailboxes = await rows.listMailboxes(domain, NEAREST_CANDIDATES_MAX);
  const aliases = among === 'all' ? await rows.listAliases(domain, NEAREST_CANDIDATES_MAX) : [];
  const locals = [...mailboxes, ...aliases].map((candidate) => splitAddress(candidate.address).local).filter((name) => name !== '');
  const nearest = findNearest(local, locals);
  return didYouMean(nearest === undefined ? undefined : `${nearest}@${domain}`);
}

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
