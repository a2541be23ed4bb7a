import { openRegister, openWorld } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Destination, Directory, Domain, Register } from '@vratny/directory';
import type { World } from '@vratny/domains';
import { type Host, type SecondaryOf, serves } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { LOOK_ASKED_MAX, LOOK_EVERY_MS, LOOKS_WAITING_MAX } from './limits.ts';

/** Names, each at most once in a while. Bounded: where there are too many, those that came first may come again. */
function onceInAWhile(everyMs: number, max: number): (name: string) => boolean {
  const lastMs = new Map<string, number>();
  return (name) => {
    const nowMs = performance.now();
    const last = lastMs.get(name);
    if (last !== undefined && nowMs - last < everyMs) return false;
    lastMs.delete(name);
    lastMs.set(name, nowMs);
    const [oldest] = lastMs.keys();
    if (lastMs.size > max && oldest !== undefined) lastMs.delete(oldest);
    return true;
  };
}

/**
 * The look-ups of a worker, which ask for a look at the DNS of a domain when mail for it comes to a host that serves a letter of before: nobody else may ever
 * look whether the world has left that host.
 */
export function askForLooks<T extends Pick<Directory, 'findDestination'>>(
  directory: T,
  { host, secondaryOf, ask }: { readonly host: Host; readonly secondaryOf: SecondaryOf; readonly ask: (name: DomainName) => void },
): T {
  const isDue = onceInAWhile(LOOK_EVERY_MS, LOOK_ASKED_MAX);
  const note = (found: Destination): Destination => {
    if (found.kind !== 'elsewhere' && isEarlierHost(found.domain, host, secondaryOf) && isDue(found.domain.name)) ask(found.domain.name);
    return found;
  };
  return {
    ...directory,
    findDestination: (address) => {
      const found = directory.findDestination(address);
      return found instanceof Promise ? found.then(note) : note(found);
    },
  };
}

function isEarlierHost({ letter, earlier = [] }: Domain, host: Host, secondaryOf: SecondaryOf): boolean {
  if (earlier.length === 0 || serves(host, letter, secondaryOf)) return false;
  return earlier.some((one) => one.seenLeft === undefined && serves(host, one.letter, secondaryOf));
}

/** Looks at the DNS of domains, one after the other, and notes which letters the world has left. */
export interface LetterLooks {
  /** Looks at this one soon, if that was not done within the last hour. */
  ask(name: DomainName): void;
  /** Ends the look that is under way. Never rejects. */
  close(): Promise<void>;
}

/** What looks need. */
export interface LookParts {
  readonly register: Register;
  readonly world: World;
}

async function openParts(site: Site, now: () => Date): Promise<LookParts> {
  // The world has nothing that must be closed, so it comes first.
  const world = await openWorld(site);
  return { world, register: await openRegister(site, now, 'wait') };
}

/** Nothing is opened before the first domain; after a failure all is opened anew. */
export function createLetterLooks(site: Site, onFault: (detail: string) => void, open = openParts): LetterLooks {
  const isDue = onceInAWhile(LOOK_EVERY_MS, LOOK_ASKED_MAX);
  const waiting = new Set<DomainName>();
  const ending = new AbortController();
  let opened: Promise<LookParts> | undefined;
  let looking: Promise<void> | undefined;
  const now = () => new Date();
  const close = async (): Promise<void> => {
    const closing = opened;
    opened = undefined;
    // Whatever is wrong with it was told when it was used.
    await closing?.then(({ register }) => register.close()).catch(() => undefined);
  };
  const look = async (name: DomainName): Promise<void> => {
    try {
      opened ??= open(site, now);
      const { register, world } = await opened;
      const { seeLetters } = await import('@vratny/domains');
      const { at, sights } = await seeLetters({ ...world, signal: ending.signal }, await register.needDomain(name), site, now);
      if (sights.length > 0 && !ending.signal.aborted) await register.noteSights(name, sights, at, ACTOR);
    } catch (error) {
      await close();
      if (!ending.signal.aborted) onFault(`whether the world has left earlier hosts of ${name} is not known: ${describeError(error)}`);
    }
  };
  const lookAtAll = async (): Promise<void> => {
    for (const name of waiting) {
      waiting.delete(name);
      if (!ending.signal.aborted) await look(name);
    }
    looking = undefined;
  };
  return {
    ask: (name) => {
      if (ending.signal.aborted || waiting.size >= LOOKS_WAITING_MAX || !isDue(name)) return;
      waiting.add(name);
      looking ??= lookAtAll();
    },
    close: async () => {
      ending.abort();
      await looking;
      await close();
    },
  };
}

/** In the audit. */
const ACTOR = 'mx:dns';
