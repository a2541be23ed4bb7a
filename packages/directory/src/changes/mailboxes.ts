import { isReserved, splitAddress } from '../find-destination.ts';
import { STORE_MAX } from '../limits.ts';
import type { Mailbox } from '../port.ts';
import { type MailboxSettings, RegisterRefusal } from '../register.ts';
import type { RegisterRows } from '../store.ts';
import { type Change, needAddresses, needDomain, suggestAddress } from './change.ts';

/** Adds a mailbox to a domain of ours. @throws RegisterRefusal when the address is taken */
export async function addMailbox(change: Change, address: string, settings: MailboxSettings): Promise<Mailbox> {
  const { quotaBytes, antispam = false, store } = settings;
  await needAddresses(change.rows, splitAddress(address).domain);
  const present = await change.rows.findEntry(address);
  if (present?.kind === 'mailbox') throw new RegisterRefusal(`${address} is a mailbox already`);
  if (present !== undefined) throw new RegisterRefusal(`${address} is an alias already, of ${present.targets.join(', ')}`);
  if (quotaBytes !== undefined) checkQuota(address, quotaBytes);
  if (store !== undefined) checkStore(store);
  const mailbox: Mailbox = {
    address,
    ...(quotaBytes === undefined ? {} : { quotaBytes }),
    usedBytes: 0,
    ...(store === undefined ? {} : { store }),
    antispam,
    enabled: true,
  };
  await change.rows.insertMailbox(mailbox);
  await change.record(
    'mailbox.add',
    address,
    [sayQuota(quotaBytes), sayAntispam(antispam), ...(store === undefined ? [] : [sayStore(store)])].join(', '),
  );
  return mailbox;
}

/** Sets or takes away the limit. */
export async function setQuota(change: Change, address: string, quotaBytes: number | null): Promise<Mailbox> {
  const { quotaBytes: before, ...rest } = await needMailbox(change.rows, address);
  if (quotaBytes !== null) checkQuota(address, quotaBytes);
  const mailbox: Mailbox = quotaBytes === null ? rest : { ...rest, quotaBytes };
  return update(change, mailbox, before === mailbox.quotaBytes, 'mailbox.quota', sayQuota(mailbox.quotaBytes));
}

/** Switches a mailbox on or off. */
export async function setEnabled(change: Change, address: string, enabled: boolean): Promise<Mailbox> {
  const present = await needMailbox(change.rows, address);
  if (!enabled && isReserved(splitAddress(address).local)) throw new RegisterRefusal(`${address} cannot be disabled: every domain has it`);
  return update(change, { ...present, enabled }, present.enabled === enabled, 'mailbox.enabled', enabled ? 'enabled' : 'disabled');
}

/** Switches a mailbox's antispam on or off. */
export async function setAntispam(change: Change, address: string, antispam: boolean): Promise<Mailbox> {
  const present = await needMailbox(change.rows, address);
  return update(change, { ...present, antispam }, present.antispam === antispam, 'mailbox.antispam', sayAntispam(antispam));
}

/** Names the store, or goes back to the site's own. */
export async function setStore(change: Change, address: string, store: string | null): Promise<Mailbox> {
  const { store: before, ...rest } = await needMailbox(change.rows, address);
  if (store !== null) checkStore(store);
  const mailbox: Mailbox = store === null ? rest : { ...rest, store };
  return update(change, mailbox, before === mailbox.store, 'mailbox.store', sayStore(mailbox.store));
}

async function update(change: Change, mailbox: Mailbox, same: boolean, action: string, detail: string): Promise<Mailbox> {
  if (same) return mailbox;
  await change.rows.updateSettings(mailbox);
  await change.record(action, mailbox.address, detail);
  return mailbox;
}

async function needMailbox(rows: RegisterRows, address: string): Promise<Mailbox> {
  const { local, domain } = splitAddress(address);
  await needDomain(rows, domain);
  const entry = await rows.findEntry(address);
  if (entry?.kind === 'mailbox') return entry.mailbox;
  if (entry !== undefined) throw new RegisterRefusal(`${address} is an alias of ${entry.targets.join(', ')}, not a mailbox`);
  if (isReserved(local)) throw new RegisterRefusal(`${address} always exists, but has no settings until it is added as a mailbox`);
  throw new RegisterRefusal(`there is no mailbox ${address}${await suggestAddress(rows, address, 'mailboxes')}`);
}

function checkQuota(address: string, quotaBytes: number): void {
  if (!Number.isSafeInteger(quotaBytes) || quotaBytes < 1) {
    throw new RegisterRefusal(`a quota is a whole number of octets above 0, not ${quotaBytes}`);
  }
  // RFC 5321 §4.5.1: mail to postmaster must arrive; these two are never full.
  if (isReserved(splitAddress(address).local)) throw new RegisterRefusal(`${address} cannot have a quota: it must never be full`);
}

/** What the URL means is the caller's to check; here it must be one that can be stored, listed and written into a log. */
function checkStore(store: string): void {
  if (/^[!-~]+$/u.test(store) && store.length <= STORE_MAX) return;
  throw new RegisterRefusal(`a store is the URL of a delivery, printable ASCII of at most ${STORE_MAX} characters`);
}

const UNITS: readonly (readonly [string, number])[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
];

/** A number of octets as a person would say it, exactly: `100 MiB`, `1000 octets`. */
function sayBytes(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} octets`;
}

/** A quota as a person would say it. */
function sayQuota(bytes: number | undefined): string {
  return bytes === undefined ? 'no quota' : `quota ${sayBytes(bytes)}`;
}

/** `antispam on`, `antispam off`. */
function sayAntispam(antispam: boolean): string {
  return `antispam ${antispam ? 'on' : 'off'}`;
}

/** `store lmtp://...`, `the site's own store`. */
function sayStore(store: string | undefined): string {
  return store === undefined ? "the site's own store" : `store ${store}`;
}
