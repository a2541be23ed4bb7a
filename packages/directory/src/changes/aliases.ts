import { findLoop, followAlias } from '../follow.ts';
import { ALIAS_DEPTH_MAX, ALIAS_REACH_MAX } from '../limits.ts';
import { type Alias, RegisterRefusal } from '../register.ts';
import { splitAddress } from '../reserved.ts';
import type { RegisterRows } from '../store.ts';
import { type Change, needDomain, suggestAddress } from './change.ts';

/** Adds an alias or a catch-all. @throws RegisterRefusal when the address is taken, a target is not ours, or it would lead to itself */
export async function addAlias(change: Change, address: string, targets: readonly string[]): Promise<Alias> {
  await needDomain(change.rows, splitAddress(address).domain);
  const present = await change.rows.findEntry(address);
  if (present?.kind === 'mailbox') throw new RegisterRefusal(`${address} is a mailbox already`);
  if (present !== undefined) throw new RegisterRefusal(`${address} is an alias already, of ${present.targets.join(', ')}`);
  const alias: Alias = { address, targets: [...new Set(targets)] };
  await checkTargets(change.rows, alias);
  await change.rows.insertAlias(alias);
  await change.record('alias.add', address, `to ${alias.targets.join(', ')}`);
  return alias;
}

async function checkTargets(rows: RegisterRows, alias: Alias): Promise<void> {
  const reach = await followAlias(rows, alias.address, alias.targets);
  // The loop first: on the way to itself an alias that is not there yet counts as missing.
  const loop = findLoop(reach, alias.address);
  if (loop !== undefined) throw new RegisterRefusal(`the alias would lead to itself: ${loop.join(' -> ')}`);
  const missing = reach.missing[0];
  if (missing !== undefined) throw await explainMissing(rows, missing);
  if (reach.cut === 'depth') throw new RegisterRefusal(`the alias ${alias.address} has more than ${ALIAS_DEPTH_MAX} aliases behind it`);
  if (reach.cut === 'reach') throw new RegisterRefusal(`the alias ${alias.address} leads to more than ${ALIAS_REACH_MAX} addresses`);
}

async function explainMissing(rows: RegisterRows, target: string): Promise<RegisterRefusal> {
  if ((await rows.findDomain(splitAddress(target).domain)) === undefined) {
    const why = 'an alias points to addresses of our own; forwarding to the outside is the work of the mailbox store (Sieve)';
    return new RegisterRefusal(`${target} is not ours: ${why}`);
  }
  return new RegisterRefusal(`there is no mailbox or alias ${target}${await suggestAddress(rows, target, 'all')}`);
}
