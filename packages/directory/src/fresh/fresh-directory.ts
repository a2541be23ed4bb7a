import { type Address, addressKey } from '@vratny/smtp';
import { runSteps } from '@vratny/waiting';
import { askStore } from '../ask-store.ts';
import type { LookupSettings } from '../create-directory.ts';
import { findDestination, findOurDomain, isDenial, isFinalAnswer } from '../find-destination.ts';
import { DENIALS_MAX, DENIED_MS, DENIED_WHILE_AWAY_MS, SERVER_AWAY_MS } from '../limits.ts';
import { type Destination, type Directory, DirectoryFault } from '../port.ts';
import { gatherRows, type Source } from '../source/gather.ts';
import { listAll, type Rows } from '../store.ts';
import type { Known, Recalled } from './known.ts';

/** What fresh look-ups stand on. */
interface FreshOptions extends LookupSettings {
  readonly source: Source;
  readonly known: Known;
  /** Questions about recipients that are not known. */
  readonly budget: Budget;
  /** Why nothing that the source denies is believed now; undefined when it is. */
  readonly doubt?: () => string | undefined;
  readonly monotonicMs: () => number;
  readonly close: () => Promise<void>;
}

interface Denial {
  readonly atMs: number;
  readonly destination: Destination;
}

/**
 * Look-ups by the rule of fresh refusals: that somebody is there may come from what is known, that nobody is there, or no mailbox is in use, only from the
 * source, lately. What else would be refused by what is known (by a letter, a store, a quota) is asked for first, with `askNow`. The source is asked whenever the
 * budget lasts: a mailbox that was made a moment ago is in no copy. Beyond the budget a copy that was proved to be what the source says, seconds ago, may deny as
 * well. Equal questions at the same time are one; otherwise who is known is known, and everything else is a fault.
 */
export function createFreshDirectory(options: FreshOptions): Directory {
  const { source: asked, known, close, doubt = () => undefined } = options;
  const source = known.learnFrom(asked);
  const findNow = createFinding(source, options);
  let open = true;
  const whileOpen = (): void => {
    if (!open) throw new DirectoryFault('the directory is closed');
  };
  return {
    findDomain: async (name) => {
      whileOpen();
      const recalled = await known.read(async (rows) => runSteps(findOurDomain(rows, name))).catch(passFaults);
      try {
        return await gatherRows(source, async (rows) => runSteps(findOurDomain(rows, name)));
      } catch (error) {
        if (recalled === undefined || (recalled.found === undefined && !(recalled.isFresh() && doubt() === undefined))) throw error;
        return recalled.found;
      }
    },
    findDestination: async (address) => {
      whileOpen();
      return findNow(address);
    },
    listStores: async () => {
      whileOpen();
      return listAll(async (limit) => asked.listStores(limit));
    },
    close: async () => {
      if (!open) return;
      open = false;
      await close();
    },
  };
}

/** Where an address leads, by what is known or by the source. */
function createFinding(source: Source, options: FreshOptions): (address: Address) => Promise<Destination> {
  const { known, extensionSigns = '', doubt = () => undefined, onTrouble = () => undefined } = options;
  const signs = `+${extensionSigns}`;
  const denials = createDenials(options.monotonicMs);
  let failedAtMs = Number.NEGATIVE_INFINITY;
  const ask = createAsking(source, signs, options);
  return async (address) => {
    const key = address.literal === undefined ? addressKey(address) : '';
    const recalled = await readKnown(known, address, signs, options);
    const remembered = recalled === undefined || isDenial(recalled.found) ? undefined : recalled;
    /** With a way to ask, unless it is what the source said within the last seconds. */
    const recall = ({ found, isFresh }: Recalled<Destination>): Destination =>
      found.kind === 'mailboxes' && !isFresh() ? { ...found, askNow: async () => ask(key, address, false) } : found;
    if (remembered?.certain === true) return recall(remembered);
    // Nobody who is known waits for a source that has just been away.
    if (remembered !== undefined && options.monotonicMs() - failedAtMs < SERVER_AWAY_MS) return recall(remembered);
    const denied = denials.find(key, DENIED_MS);
    if (denied !== undefined) return denied;
    try {
      const found = await ask(key, address, remembered !== undefined);
      if (isDenial(found)) denials.note(key, found);
      return found;
    } catch (error) {
      if (remembered !== undefined) {
        failedAtMs = options.monotonicMs();
        return recall(remembered);
      }
      const denial = denials.find(key, DENIED_WHILE_AWAY_MS);
      if (denial !== undefined) return denial;
      if (recalled?.isFresh() !== true || (isFinalAnswer(recalled.found, options.forwarding) && doubt() !== undefined)) throw error;
      for (const detail of recalled.told) onTrouble(detail);
      return recalled.found;
    }
  };
}

/** Asks within the budget; equal questions at the same time are one. */
function createAsking(source: Source, signs: string, options: FreshOptions) {
  const running = new Map<string, Promise<Destination>>();
  return (key: string, address: Address, isKnown: boolean): Promise<Destination> => {
    const present = running.get(key);
    if (present !== undefined) return present;
    if (!isKnown && !options.budget.take())
      throw new DirectoryFault('more unknown recipients than it is asked for; those that are known go on');
    const asking = askSource(source, address, signs, options).finally(() => running.delete(key));
    running.set(key, asking);
    return asking;
  };
}

/** What is wrong in what is known, the source says better. */
function passFaults(error: unknown): undefined {
  if (error instanceof DirectoryFault) return undefined;
  throw error;
}

/** Where what is known leads. */
async function readKnown(known: Known, address: Address, signs: string, { store, forwarding }: LookupSettings) {
  const told: string[] = [];
  const reading = {
    extensionSigns: signs,
    onTrouble: (detail: string) => void told.push(detail),
    ...(known.knowsDomains ? { forwarding } : {}),
  };
  const recalled = await known
    .read(async (rows) => runSteps(findDestination(store === undefined ? rows : askStore(rows, store, signs), address, reading)))
    .catch(passFaults);
  return recalled && { ...recalled, told };
}

async function askSource(
  source: Source,
  address: Address,
  signs: string,
  { store, forwarding, onTrouble = () => undefined, doubt }: FreshOptions,
): Promise<Destination> {
  const told: string[] = [];
  const work = async (rows: Rows) => {
    told.length = 0;
    const reading = { extensionSigns: signs, onTrouble: (detail: string) => void told.push(detail), forwarding };
    return runSteps(findDestination(store === undefined ? rows : askStore(rows, store, signs), address, reading));
  };
  const found = await gatherRows(source, work, { address, signs });
  for (const detail of told) onTrouble(detail);
  const why = isFinalAnswer(found, forwarding) ? doubt?.() : undefined;
  if (why !== undefined) throw new DirectoryFault(why);
  return found;
}

function createDenials(monotonicMs: () => number) {
  const denials = new Map<string, Denial>();
  return {
    find: (key: string, withinMs: number): Destination | undefined => {
      const denial = denials.get(key);
      return denial !== undefined && monotonicMs() - denial.atMs <= withinMs ? denial.destination : undefined;
    },
    note: (key: string, destination: Destination): void => {
      denials.delete(key);
      denials.set(key, { atMs: monotonicMs(), destination });
      for (const oldest of denials.keys()) {
        if (denials.size <= DENIALS_MAX) break;
        denials.delete(oldest);
      }
    },
  };
}

/** How often something may be done: so many times a second on average, and as many at once. */
interface Budget {
  /** Takes one; false when there is none. */
  take(): boolean;
}

/** Fills up as time passes. */
export function createBudget(perSecond: number, monotonicMs: () => number): Budget {
  let left = perSecond;
  let atMs = monotonicMs();
  return {
    take: () => {
      const now = monotonicMs();
      left = Math.min(perSecond, left + ((now - atMs) * perSecond) / 1000);
      atMs = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
