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
  await change.rows.acceptLetter(name, letter, change.now);
  // Nobody knows when a letter before this one was chosen.
  for (const earlier of earlierOf(domain)) await change.rows.acceptLetter(name, earlier, new Date(0));
  await change.record('domain.add', name, [`policy ${letter}`, ...describeKind(domain)].join(', '));
  return needDomain(change.rows, name);
}

function earlierOf({ letter, previous, earlier = [] }: Domain): ReadonlySet<Letter> {
  const letters = [...earlier.map((one) => one.letter), ...(previous === undefined ? [] : [previous.letter])];
  return new Set(letters.filter((one) => one !== letter));
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

/** Chooses another letter, whose hosts accept mail besides those of all letters that the world has not left. The same letter changes nothing. */
export async function setPolicy(change: Change, name: DomainName, letter: Letter, graceUntil: Date): Promise<Domain> {
  const present = await needDomain(change.rows, name);
  if (present.letter === letter) return present;
  if (Number.isNaN(graceUntil.getTime())) throw new RegisterRefusal('the end of the grace is not a point in time');
  const domain: Domain = { ...present, letter, previous: { letter: present.letter, graceUntil: new Date(graceUntil) } };
  await change.rows.updateDomain(domain);
  // The letter that is left may stand in somebody else's database, which does not say since when.
  await change.rows.acceptLetter(name, present.letter, new Date(0));
  await change.rows.acceptLetter(name, letter, change.now);
  const chosen = await needDomain(change.rows, name);
  const accepting = (chosen.earlier ?? []).filter(({ seenLeft }) => seenLeft === undefined).map((earlier) => earlier.letter);
  const detail = `policy ${letter}; hosts of ${accepting.join(' and ')} accept until the world has left them`;
  await change.record('domain.policy', name, detail);
  return chosen;
}
