import { formatSize, type Octets } from '@vratny/config';
import type { Mailbox } from '@vratny/directory';
import type { DomainName } from '@vratny/smtp';
import type { Command } from 'commander';
import { countArgument, domainArgument, quotaArgument, sizeArgument, storeArgument, storeOrDefaultArgument } from '../arguments.ts';
import { type Column, printDone, printList } from '../print.ts';
import { type ListOptions, take } from '../records/take.ts';
import { walkMailboxes } from '../records/walk-directory.ts';
import type { Terminal } from '../terminal.ts';
import { examples, withSite } from './group.ts';

/** `mxctl mailbox ...` */
export function addMailbox(program: Command, terminal: Terminal): void {
  const group = program
    .command('mailbox')
    .summary('mailboxes and their quotas')
    .description('Mailboxes, their quotas, and whether they take mail.')
    .addHelpText('after', examples('mailbox add alice@example.org --quota 100MiB', 'mailbox list example.org'));
  addAdd(group, terminal);
  addList(group, terminal);
  addQuota(group, terminal);
  addStore(group, terminal);
  addSwitch(group, terminal, { name: 'disable', enabled: false, summary: 'refuse mail to a mailbox; what it holds stays' });
  addSwitch(group, terminal, { name: 'enable', enabled: true, summary: 'take mail for a mailbox again' });
}

interface AddOptions {
  readonly quota?: Octets;
  readonly antispam?: true;
  readonly store?: string;
}

function addAdd(group: Command, terminal: Terminal): void {
  group
    .command('add')
    .summary('make a mailbox')
    .description('Makes a mailbox in a domain of ours.')
    .argument('<address>', 'local@domain')
    .option('--quota <size>', 'the most it may hold, such as 100MiB (default: no limit)', sizeArgument)
    .option('--antispam', 'switch the spam scanner on for it')
    .option('--store <url>', "where it lies, as in `delivery:` (default: the site's own store)", storeArgument)
    .addHelpText('after', examples('mailbox add alice@example.org', 'mailbox add bob@example.org --quota 1GiB --antispam'))
    .action(async (address: string, options: AddOptions, command: Command) =>
      withSite(terminal, command, async ({ register, actor }, style) => {
        const settings = {
          ...(options.quota === undefined ? {} : { quotaBytes: options.quota }),
          antispam: options.antispam ?? false,
          ...(options.store === undefined ? {} : { store: options.store }),
        };
        const mailbox = await register.addMailbox(address, settings, actor);
        const quota = mailbox.quotaBytes === undefined ? 'without limit' : `with a quota of ${formatSize(mailbox.quotaBytes)}`;
        printDone(terminal, style, {
          sentence: `${mailbox.address}: added ${quota}, antispam ${mailbox.antispam ? 'on' : 'off'}${mailbox.store === undefined ? '' : `, at ${mailbox.store}`}`,
          value: mailbox,
        });
      }),
    );
}

function addList(group: Command, terminal: Terminal): void {
  const columns: readonly Column<Mailbox>[] = [
    { heading: 'mailbox', cell: (mailbox) => mailbox.address },
    { heading: 'used', cell: (mailbox) => approximate(mailbox.usedBytes), right: true },
    { heading: 'quota', cell: ({ quotaBytes }) => (quotaBytes === undefined ? 'none' : formatSize(quotaBytes)), right: true },
    { heading: 'antispam', cell: (mailbox) => (mailbox.antispam ? 'on' : 'off') },
    { heading: 'store', cell: (mailbox) => mailbox.store ?? 'default' },
    { heading: 'state', cell: (mailbox) => (mailbox.enabled ? 'enabled' : 'disabled') },
  ];
  group
    .command('list')
    .summary('the mailboxes of a domain')
    .description('Lists the mailboxes of a domain. What is used is what was last written down; the store knows better.')
    .argument('<name>', 'the domain', domainArgument)
    .option('--match <text>', 'only those whose address holds this')
    .option('--after <address>', 'only those behind this address')
    .option('--limit <count>', 'at most so many', countArgument(1, 999_999_999))
    .addHelpText('after', examples('mailbox list example.org', '--json mailbox list example.org', 'mailbox list example.org --match info'))
    .action(async (name: DomainName, options: ListOptions, command: Command) =>
      withSite(terminal, command, async ({ register }, style) => {
        const rows = await take(walkMailboxes(register, name, options.after), ({ address }) => address, options);
        printList(terminal, style, { rows, columns, empty: `${name} has no mailboxes` });
      }),
    );
}

function addQuota(group: Command, terminal: Terminal): void {
  group
    .command('quota')
    .summary('limit what a mailbox may hold')
    .description('Sets the quota of a mailbox; "none" takes the limit away.')
    .argument('<address>', 'local@domain')
    .argument('<size>', 'such as 1GiB, or none', quotaArgument)
    .addHelpText('after', examples('mailbox quota alice@example.org 1GiB', 'mailbox quota alice@example.org none'))
    .action(async (address: string, quota: Octets | null, _options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register, actor }, style) => {
        const mailbox = await register.setQuota(address, quota, actor);
        const now = mailbox.quotaBytes === undefined ? 'no quota' : `quota ${formatSize(mailbox.quotaBytes)}`;
        printDone(terminal, style, { sentence: `${mailbox.address}: ${now}`, value: mailbox });
      }),
    );
}

function addStore(group: Command, terminal: Terminal): void {
  group
    .command('store')
    .summary('say where a mailbox lies')
    .description(
      'Names the store that mail for a mailbox goes to; "default" is the one of the site file. What the mailbox holds is not moved: first make it in the new store, then point here to it, then move the mail.',
    )
    .argument('<address>', 'local@domain')
    .argument('<url>', 'maildir:PATH, lmtp://HOST:PORT[,HOST:PORT] or lmtp+unix:PATH, or default', storeOrDefaultArgument)
    .addHelpText('after', examples('mailbox store alice@example.org lmtp://store2.example:24', 'mailbox store alice@example.org default'))
    .action(async (address: string, store: string | null, _options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register, actor }, style) => {
        const mailbox = await register.setStore(address, store, actor);
        const sentence = `${mailbox.address}: ${mailbox.store === undefined ? "in the site's own store" : `at ${mailbox.store}`}`;
        printDone(terminal, style, { sentence, value: mailbox });
      }),
    );
}

interface Switch {
  readonly name: string;
  readonly enabled: boolean;
  readonly summary: string;
}

function addSwitch(group: Command, terminal: Terminal, { name, enabled, summary }: Switch): void {
  group
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .argument('<address>', 'local@domain')
    .addHelpText('after', examples(`mailbox ${name} alice@example.org`))
    .action(async (address: string, _options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register, actor }, style) => {
        const mailbox = await register.setEnabled(address, enabled, actor);
        printDone(terminal, style, { sentence: `${mailbox.address}: ${mailbox.enabled ? 'enabled' : 'disabled'}`, value: mailbox });
      }),
    );
}

/** A size for a glance: `1.2 MiB`. */
function approximate(octets: Octets): string {
  const units = ['octets', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, octets < 1 ? 0 : Math.floor(Math.log2(octets) / 10));
  return power === 0 ? `${octets} octets` : `${(octets / 1024 ** power).toFixed(1)} ${units[power]}`;
}
