import { runSteps, type Steps, wait } from '@vratny/waiting';
import { findNamed, splitAddress } from '../find-destination.ts';
import { findLoop, followAlias } from '../follow.ts';
import { ALIAS_DEPTH_MAX, ALIAS_REACH_MAX } from '../limits.ts';
import { type Alias, RegisterRefusal } from '../register.ts';
import type { Entry, RegisterRows } from '../store.ts';
import { type Change, needAddresses, suggestAddress } from './change.ts';

/** Adds an alias or a catch-all. @throws RegisterRefusal when the address is taken, a target is not ours, or it would lead to itself */
export async function addAlias(change: Change, address: string, targets: readonly string[]): Promise<Alias> {
  await needAddresses(change.rows, splitAddress(address).domain);
  const present = await change.rows.findEntry(address);
  if (present?.kind === 'mailbox') throw new RegisterRefusal(`${address} is a mailbox already`);
  if (present !== undefined) throw new RegisterRefusal(`${address} is an alias already, of ${present.targets.join(', ')}`);
  const alias: Alias = { address, targets: [...new Set(targets)] };
  await checkTargets(change, alias);
  await change.rows.insertAlias(alias);
  await change.record('alias.add', address, `to ${alias.targets.join(', ')}`);
  return alias;
}

/** What stands at a target. Which mailboxes a domain of the store has cannot be told here: all of them may be there. */
function* findTarget({ rows, mailboxes }: Change, target: string): Steps<Entry | undefined> {
  const entry = yield* wait(findNamed(rows, target));
  const domain = yield* wait(rows.findDomain(splitAddress(target).domain));
  if (entry !== undefined || domain === undefined || (domain.mailboxes ?? mailboxes) === 'directory') return entry;
  return { kind: 'mailbox', mailbox: { address: target, usedBytes: 0, antispam: false, enabled: true } };
}

async function checkTargets(change: Change, alias: Alias): Promise<void> {
  const { rows } = change;
  const entry = { kind: 'alias', targets: alias.targets } as const;
  const reach = await runSteps(followAlias(alias.address, entry, (target) => findTarget(change, target)));
  // The loop first: on the way to itself an alias that is not there yet counts as missing.
  const loop = findLoop(reach, alias.address);
  if (loop !== undefined) throw new RegisterRefusal(`the alias would lead to itself: ${loop.join(' -> ')}`);
  for (const missing of reach.missing) {
    const isOutside = (await rows.findDomain(splitAddress(missing).domain)) === undefined;
    if (!isOutside || !change.forwards) throw await explainMissing(rows, missing);
  }
  if (reach.cut === 'depth') throw new RegisterRefusal(`the alias ${alias.address} has more than ${ALIAS_DEPTH_MAX} aliases behind it`);
  if (reach.cut === 'reach') throw new RegisterRefusal(`the alias ${alias.address} leads to more than ${ALIAS_REACH_MAX} addresses`);
}

async function explainMissing(rows: RegisterRows, target: string): Promise<RegisterRefusal> {
  if ((await rows.findDomain(splitAddress(target).domain)) === undefined) {
    const why =
      'an alias points to addresses of our own; forwarding to the outside is the work of the mailbox store (Sieve), or needs `forwarding` in the site file';
    return new RegisterRefusal(`${target} is not ours: ${why}`);
  }
  return new RegisterRefusal(`there is no mailbox or alias ${target}${await suggestAddress(rows, target, 'all')}`);
}
