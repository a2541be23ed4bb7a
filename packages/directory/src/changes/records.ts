import type { Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import { isReserved, splitAddress } from '../find-destination.ts';
import type { Domain, Mailbox, MailboxesAt } from '../port.ts';
import { type DirectoryRecord, RegisterRefusal } from '../register.ts';
import { acceptEarlier } from './accepted-letters.ts';
import { addAlias } from './aliases.ts';
import type { Change } from './change.ts';
import { addDomain, setMailboxes, setPolicy } from './domains.ts';
import { addMailbox, setAntispam, setEnabled, setQuota, setStore } from './mailboxes.ts';

/** Makes the directory say what a record says; what the record leaves out stays as it is. @throws RegisterRefusal */
export async function putRecord(change: Change, record: DirectoryRecord, graceUntil: Date): Promise<void> {
  switch (record.kind) {
    case 'domain':
      return putDomain(change, record, graceUntil);
    case 'mailbox':
      return putMailbox(change, record);
    case 'alias':
      return putAlias(change, record.address, record.targets);
  }
}

interface DomainRecord {
  readonly name: DomainName;
  readonly letter?: Letter;
  readonly aliasOf?: DomainName;
  readonly mailboxes?: MailboxesAt;
  readonly previous?: NonNullable<Domain['previous']>;
  readonly earlier?: readonly Letter[];
}

async function putDomain(change: Change, record: DomainRecord & { readonly defaultLetter: Letter }, graceUntil: Date): Promise<void> {
  const { name, letter, aliasOf, mailboxes, previous, earlier = [], defaultLetter } = record;
  const present = await change.rows.findDomain(name);
  if (present === undefined) {
    await addDomain(change, {
      name,
      letter: letter ?? defaultLetter,
      ...(previous === undefined ? {} : { previous }),
      ...(earlier.length === 0 ? {} : { earlier: earlier.map((one) => ({ letter: one, since: new Date(0) })) }),
      ...(aliasOf === undefined ? {} : { aliasOf }),
      ...(mailboxes === undefined ? {} : { mailboxes }),
    });
    return;
  }
  if (aliasOf !== undefined && present.aliasOf !== aliasOf)
    throw new RegisterRefusal(
      `${name} is a domain of ours already, ${present.aliasOf === undefined ? 'and no alias' : `an alias of ${present.aliasOf}`}`,
    );
  if (letter !== undefined) await setPolicy(change, name, letter, previous?.graceUntil ?? graceUntil);
  await acceptEarlier(change, { ...present, letter: letter ?? present.letter }, earlier);
  if (mailboxes !== undefined) await setMailboxes(change, name, mailboxes);
}

type MailboxRecord = Extract<DirectoryRecord, { readonly kind: 'mailbox' }>;

async function putMailbox(change: Change, record: MailboxRecord): Promise<void> {
  const { address, quotaBytes, antispam, enabled, store } = record;
  const present = await change.rows.findEntry(address);
  if (present?.kind !== 'mailbox') {
    const settings = {
      ...(quotaBytes === undefined || quotaBytes === null ? {} : { quotaBytes }),
      ...(antispam === undefined ? {} : { antispam }),
      ...(store === undefined || store === null ? {} : { store }),
    };
    await addMailbox(change, address, settings);
    if (enabled === false) await setEnabled(change, address, false);
    return;
  }
  const { mailbox }: { readonly mailbox: Mailbox } = present;
  if (quotaBytes !== undefined && (mailbox.quotaBytes ?? null) !== quotaBytes) await setQuota(change, address, quotaBytes);
  if (antispam !== undefined && mailbox.antispam !== antispam) await setAntispam(change, address, antispam);
  if (enabled !== undefined && mailbox.enabled !== enabled) await setEnabled(change, address, enabled);
  if (store !== undefined && (mailbox.store ?? null) !== store) await setStore(change, address, store);
}

async function putAlias(change: Change, address: string, targets: readonly string[]): Promise<void> {
  const present = await change.rows.findEntry(address);
  if (present?.kind === 'alias') {
    if (present.targets.join(' ') === [...new Set(targets)].join(' ')) return;
    // In the same transaction: what the new targets are refused for leaves the old ones.
    await change.rows.deleteAlias(address);
  }
  await addAlias(change, address, targets);
}

/** Takes what a name stands for out of the directory. @throws RegisterRefusal when something else still needs it */
export async function removeRecord(
  change: Change,
  { kind, name }: { readonly kind: DirectoryRecord['kind']; readonly name: string },
): Promise<void> {
  const { rows } = change;
  if (kind === 'domain') {
    const [mailbox] = await rows.listMailboxes(name, 1);
    const [alias] = await rows.listAliases(name, 1);
    const address = mailbox?.address ?? alias?.address;
    if (address !== undefined) throw new RegisterRefusal(`${name} still has ${address}`);
    await rows.deleteDomain(name);
  } else if (kind === 'mailbox') await rows.deleteMailbox(name);
  else await rows.deleteAlias(name);
  await change.record(
    `${kind}.remove`,
    name,
    kind === 'mailbox' && isReserved(splitAddress(name).local) ? 'it goes on without settings' : 'removed',
  );
}
