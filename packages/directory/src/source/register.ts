import { createRegister } from '../create-register.ts';
import { LIST_MAX } from '../limits.ts';
import { DirectoryFault, type Domain, type MailboxesAt } from '../port.ts';
import { type Register, RegisterRefusal } from '../register.ts';
import { splitAddress } from '../reserved.ts';
import type { RegisterRows, Store } from '../store.ts';
import type { Source } from './gather.ts';
import { overlaySource, writeDomain, writeMailbox } from './overlay.ts';

/** What a register of somebody else's database stands on. */
export interface AdoptedRegisterParts {
  readonly source: Source;
  /** Domains of the database, sorted by name, at most so many; undefined where it cannot list them. */
  readonly listDomains?: (limit: number) => Promise<readonly Domain[]>;
  /** A directory of our own with what the database lacks; without it nothing can be changed here. */
  readonly overlay?: Store;
  readonly now: () => Date;
  readonly mailboxes: MailboxesAt;
  close(): Promise<void>;
}

/**
 * The register of a site whose domains and mailboxes stand in a database of somebody else's: what that lacks is changed here (letters, who knows the mailboxes,
 * antispam, stores), and everything else is refused with the way to it. What was stored is not counted: the database has its own count.
 */
export function createAdoptedRegister(parts: AdoptedRegisterParts): Register {
  const { overlay } = parts;
  const store: Store = {
    read: (work) => (overlay === undefined ? work(createRows(parts, undefined)) : overlay.read((ours) => work(createRows(parts, ours)))),
    change: (work) => {
      if (overlay === undefined)
        throw new RegisterRefusal(`there is nowhere to write it: name an overlay in the site file (directory.overlay)`);
      return overlay.change((ours) => work(createRows(parts, ours)));
    },
    close: async () => {
      await parts.close();
      await overlay?.close();
    },
  };
  const register = createRegister(store, parts.now, parts.mailboxes);
  return { ...register, addUsage: async () => undefined, setUsage: async () => undefined };
}

function createRows(parts: AdoptedRegisterParts, ours: RegisterRows | undefined): RegisterRows {
  const source = ours === undefined ? parts.source : overlaySource(parts.source, (work) => work(ours));
  const findDomain: RegisterRows['findDomain'] = async (name) => (await source.findDomains([name])).get(name);
  return {
    ...listings(parts, source, ours),
    ...refusals(),
    findDomain,
    hasDomains: () => source.hasDomains(),
    findEntry: async (address) => (await source.findEntries([address])).get(address),
    updateDomain: async (domain) => writeDomain(need(ours), domain),
    updateSettings: async (mailbox) => {
      const { domain } = splitAddress(mailbox.address);
      const [there, before] = [await findDomain(domain), (await parts.source.findEntries([mailbox.address])).get(mailbox.address)];
      if (there === undefined || before?.kind !== 'mailbox') throw new DirectoryFault(`${mailbox.address} is gone`);
      const { quotaBytes, enabled } = before.mailbox;
      if (mailbox.quotaBytes !== quotaBytes || mailbox.enabled !== enabled) throw refuse('quotas and states of mailboxes');
      await writeMailbox(need(ours), there, mailbox);
    },
    insertAudit: (entry) => need(ours).insertAudit(entry),
  };
}

type Listings = 'listDomains' | 'listMailboxes' | 'listAliases' | 'listStores' | 'listAudit';

function listings(parts: AdoptedRegisterParts, source: Source, ours: RegisterRows | undefined): Pick<RegisterRows, Listings> {
  return {
    listDomains: async (limit, after = '') => {
      if (parts.listDomains === undefined) throw refuse('lists of domains');
      const domains = (await parts.listDomains(LIST_MAX)).filter(({ name }) => name > after).slice(0, limit);
      const found = await source.findDomains(domains.map(({ name }) => name));
      return domains.map((domain) => found.get(domain.name) ?? domain);
    },
    listMailboxes: async () => {
      throw refuse('lists of mailboxes');
    },
    listAliases: async () => {
      throw refuse('lists of aliases');
    },
    listStores: (limit) => source.listStores(limit),
    listAudit: async (limit) => ours?.listAudit(limit) ?? [],
  };
}

type Refused =
  | 'insertDomain'
  | 'insertMailbox'
  | 'insertAlias'
  | 'deleteDomain'
  | 'deleteMailbox'
  | 'deleteAlias'
  | 'addUsage'
  | 'setUsage';

function refusals(): Pick<RegisterRows, Refused> {
  const refused = (what: string) => async (): Promise<never> => {
    throw refuse(what);
  };
  return {
    deleteDomain: refused('domains'),
    deleteMailbox: refused('mailboxes'),
    deleteAlias: refused('aliases'),
    insertDomain: refused('domains'),
    insertMailbox: refused('mailboxes'),
    insertAlias: refused('aliases'),
    addUsage: async () => undefined,
    setUsage: async () => undefined,
  };
}

function refuse(what: string): RegisterRefusal {
  return new RegisterRefusal(`${what} are the matter of the program whose database this is: use that program`);
}

function need(ours: RegisterRows | undefined): RegisterRows {
  if (ours === undefined) throw new RegisterRefusal('this directory has no overlay to write to');
  return ours;
}
