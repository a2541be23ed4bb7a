import { type Address, localKey } from '@vratny/smtp';
import { namesOf, splitAddress } from '../find-destination.ts';
import { ASKED_AT_ONCE_MAX, ROUNDS_MAX } from '../limits.ts';
import { DirectoryFault, type Domain } from '../port.ts';
import type { Entry, Rows } from '../store.ts';

/** A directory that is asked for several things in one question. Rejects with `DirectoryFault`. */
export interface Source {
  /** Those of these domains that are there, by name. */
  findDomains(names: readonly string[]): Promise<ReadonlyMap<string, Domain>>;
  /** What stands at these addresses, by address. */
  findEntries(addresses: readonly string[]): Promise<ReadonlyMap<string, Entry>>;
  /** Whether there is any domain at all; true where that cannot be asked. */
  hasDomains(): Promise<boolean>;
  /** Stores that mailboxes name, as far as they are ours to know. */
  listStores(limit: number): Promise<readonly string[]>;
}

/** Thrown by rows that are not known yet. */
const UNKNOWN_YET = new Error('not asked yet');

type Missing = 'has-domains' | { readonly domain: string } | { readonly address: string };

/** What one look-up has been told by now. */
class Gathering {
  readonly #domains = new Map<string, Domain | undefined>();
  readonly #entries = new Map<string, Entry | undefined>();
  #hasDomains: boolean | undefined;
  #missing: Missing | undefined;

  readonly rows: Rows = {
    findDomain: async (name) => (this.#domains.has(name) ? this.#domains.get(name) : this.#need({ domain: name })),
    findEntry: async (address) => (this.#entries.has(address) ? this.#entries.get(address) : this.#need({ address })),
    listStores: async () => [],
    hasDomains: async () => this.#hasDomains ?? this.#need('has-domains'),
  };

  /** Asks for what was missing, and for what will be needed next to it. */
  async ask(source: Source, candidates: readonly string[]): Promise<void> {
    const missing = this.#missing;
    if (missing === undefined) throw new DirectoryFault('a look-up asked for nothing and got nowhere');
    this.#missing = undefined;
    if (missing === 'has-domains') this.#hasDomains = await source.hasDomains();
    else if ('domain' in missing) await this.#askDomains(source, missing.domain);
    else await this.#askEntries(source, missing.address, candidates);
  }

  #need(what: Missing): never {
    this.#missing = what;
    throw UNKNOWN_YET;
  }

  async #askDomains(source: Source, name: string): Promise<void> {
    // Targets of one alias often lie in domains of their own.
    const others = this.#targets().map((target) => splitAddress(target).domain);
    const names = bounded(
      name,
      others.filter((other) => !this.#domains.has(other)),
    );
    const found = await source.findDomains(names);
    for (const one of names) this.#domains.set(one, found.get(one));
  }

  async #askEntries(source: Source, address: string, candidates: readonly string[]): Promise<void> {
    const { domain } = splitAddress(address);
    const siblings = [...candidates.map((local) => `${local}@${domain}`), ...this.#targets()];
    const others = siblings.includes(address) ? siblings : [];
    const addresses = bounded(
      address,
      others.filter((other) => !this.#entries.has(other)),
    );
    const found = await source.findEntries(addresses);
    for (const one of addresses) this.#entries.set(one, found.get(one));
  }

  #targets(): readonly string[] {
    return [...this.#entries.values()].flatMap((entry) => (entry?.kind === 'alias' ? entry.targets : []));
  }
}

function bounded(first: string, others: readonly string[]): readonly string[] {
  return [...new Set([first, ...others])].slice(0, ASKED_AT_ONCE_MAX);
}

/**
 * Works on rows that a source is asked for in as few questions as can be: a mailbox costs two, an alias one more for its targets. Work must only read, and
 * is begun again after each question.
 */
export async function gatherRows<T>(
  source: Source,
  work: (rows: Rows) => Promise<T>,
  recipient?: { readonly address: Address; readonly signs: string },
): Promise<T> {
  const gathering = new Gathering();
  const candidates = recipient === undefined ? [] : [...namesOf(localKey(recipient.address.local), recipient.signs), ''];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    try {
      return await work(gathering.rows);
    } catch (error) {
      if (error !== UNKNOWN_YET) throw error;
      await gathering.ask(source, candidates);
    }
  }
  throw new DirectoryFault(`a look-up needed more than ${ROUNDS_MAX} questions`);
}
