import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import { ASSUMED_TTL_SECONDS, LEAVING_MS } from '../limits.ts';
import type { Domain } from '../port.ts';
import type { AcceptedLetter, LetterSight } from '../register.ts';
import { type Change, needDomain } from './change.ts';

/** Notes what a look showed of letters that were chosen before. @throws RegisterRefusal when the domain is not ours */
export async function noteSights(change: Change, name: DomainName, sights: readonly LetterSight[], at: Date): Promise<Domain> {
  const domain = await needDomain(change.rows, name);
  const accepted = await change.rows.listAcceptedLetters(name);
  for (const sight of sights) {
    const before = accepted.find(({ letter }) => letter === sight.letter);
    if (before === undefined || before.letter === domain.letter || before.seenLeft !== undefined) continue;
    const after = joinSight(before, sight, at);
    if (after === before) continue;
    await change.rows.updateAcceptedLetter(name, after);
    if (after.seenLeft === undefined) continue;
    await change.record('domain.left', name, `no name server has named the hosts of ${sight.letter} since ${since(after)}`);
  }
  return needDomain(change.rows, name);
}

function since({ omittedSince }: AcceptedLetter): string {
  return omittedSince?.toISOString() ?? 'then';
}

/** An accepted letter after one more look: the same object when it says nothing new. */
function joinSight(before: AcceptedLetter, { sight, ttlSeconds = 0 }: LetterSight, at: Date): AcceptedLetter {
  const { oldTtlSeconds = 0, omittedSince, ...rest } = before;
  // Only a cache names hosts that every name server left out, and it tells what is left of the TTL: less than what is assumed says nothing of the TTL itself.
  const isRemainder = sight === 'omitted' && oldTtlSeconds === 0 && ttlSeconds <= ASSUMED_TTL_SECONDS;
  const largest = isRemainder ? 0 : Math.max(oldTtlSeconds, ttlSeconds);
  const ttl = largest === 0 ? {} : { oldTtlSeconds: largest };
  if (sight === 'named') return omittedSince === undefined && largest === oldTtlSeconds ? before : { ...rest, ...ttl };
  if (omittedSince === undefined) return { ...rest, ...ttl, omittedSince: at };
  const spanMs = Math.max(LEAVING_MS, 2000 * (largest === 0 ? ASSUMED_TTL_SECONDS : largest));
  const isLeft = at.getTime() - omittedSince.getTime() >= spanMs;
  if (!isLeft && largest === oldTtlSeconds) return before;
  return { ...rest, ...ttl, omittedSince, ...(isLeft ? { seenLeft: at } : {}) };
}

/** Has hosts of more letters accept the mail of a domain that is there; those that do, and those that did, stay as they are. */
export async function acceptEarlier(change: Change, domain: Domain, letters: readonly Letter[]): Promise<void> {
  const { name, letter } = domain;
  const known = new Set([letter, ...(await change.rows.listAcceptedLetters(name)).map((one) => one.letter)]);
  const added = [...new Set(letters)].filter((one) => !known.has(one));
  if (added.length === 0) return;
  // The domain and its letter may stand in somebody else's database.
  await change.rows.updateDomain(domain);
  await change.rows.acceptLetter(name, letter, new Date(0));
  for (const one of added) await change.rows.acceptLetter(name, one, new Date(0));
  await change.record('domain.accept', name, `hosts of ${added.join(' and ')} accept too, until the world has left them`);
}
