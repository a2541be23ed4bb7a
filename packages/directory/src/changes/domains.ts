import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import type { Domain } from '../port.ts';
import { RegisterRefusal } from '../register.ts';
import { type Change, needDomain } from './change.ts';

/** Adds a domain. @throws RegisterRefusal when it is there already */
export async function addDomain(change: Change, name: DomainName, letter: Letter): Promise<Domain> {
  const present = await change.rows.findDomain(name);
  if (present !== undefined) throw new RegisterRefusal(`${name} is a domain of ours already, with policy ${present.letter}`);
  const domain: Domain = { name, letter };
  await change.rows.insertDomain(domain);
  await change.record('domain.add', name, `policy ${letter}`);
  return domain;
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
  const domain: Domain = { name, letter, previous: { letter: present.letter, graceUntil: new Date(graceUntil) } };
  await change.rows.updateDomain(domain);
  const detail = `policy ${letter}; hosts of ${present.letter} accept until ${graceUntil.toISOString()}`;
  await change.record('domain.policy', name, detail);
  return domain;
}
