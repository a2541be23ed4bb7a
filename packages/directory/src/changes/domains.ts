import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import type { Domain, MailboxesAt } from '../port.ts';
import { RegisterRefusal } from '../register.ts';
import { type Change, needDomain } from './change.ts';

/** Adds a domain. @throws RegisterRefusal when it is there already, or an alias of none that has addresses */
export async function addDomain(change: Change, domain: Domain): Promise<Domain> {
  const { name, letter, aliasOf } = domain;
  const present = await change.rows.findDomain(name);
  if (present !== undefined) throw new RegisterRefusal(`${name} is a domain of ours already, with policy ${present.letter}`);
  if (aliasOf !== undefined) {
    const behind = await needDomain(change.rows, aliasOf);
    if (behind.aliasOf !== undefined) throw new RegisterRefusal(`${aliasOf} is itself an alias of ${behind.aliasOf}: name that one`);
  }
  await change.rows.insertDomain(domain);
  for (const accepted of new Set([letter, domain.previous?.letter ?? letter])) await change.rows.acceptLetter(name, accepted, change.now);
  await change.record('domain.add', name, [`policy ${letter}`, ...describeKind(domain)].join(', '));
  return domain;
}

/** Says who knows which mailboxes it has. */
export async function setMailboxes(change: Change, name: DomainName, mailboxes: MailboxesAt | null): Promise<Domain> {
  const present = await needDomain(change.rows, name);
  if (present.mailboxes === (mailboxes ?? undefined)) return present;
  const { mailboxes: _, ...rest } = present;
  const domain: Domain = mailboxes === null ? rest : { ...rest, mailboxes };
  await change.rows.updateDomain(domain);
  await change.record('domain.mailboxes', name, describeKind(domain).at(-1) ?? "the site's own choice");
  return domain;
}

function describeKind({ aliasOf, mailboxes }: Domain): readonly string[] {
  const alias = aliasOf === undefined ? [] : [`an alias of ${aliasOf}`];
  return mailboxes === undefined ? alias : [...alias, `mailboxes known to the ${mailboxes}`];
}

/**
 * Chooses another letter. The same letter changes nothing, not even a grace that is running. There is one previous letter: a second
 * change during the grace keeps the letter just left and forgets the one before it, whose hosts then answer as any wrong host does
 * (delayed while DNS still points to them).
 */
export async function setPolicy(change: Change, name: DomainName, letter: Letter, graceUntil: Date): Promise<Domain> {
  const present = await needDomain(change.rows, name);
  if (present.letter === letter) return present;
  if (Number.isNaN(graceUntil.getTime())) throw new RegisterRefusal('the end of the grace is not a point in time');
  const domain: Domain = { ...present, letter, previous: { letter: present.letter, graceUntil: new Date(graceUntil) } };
  await change.rows.updateDomain(domain);
  // The letter that is left may stand in somebody else's database, which does not say since when.
  await change.rows.acceptLetter(name, present.letter, new Date(0));
  await change.rows.acceptLetter(name, letter, change.now);
  const detail = `policy ${letter}; hosts of ${present.letter} accept until ${graceUntil.toISOString()}`;
  await change.record('domain.policy', name, detail);
  return domain;
}
