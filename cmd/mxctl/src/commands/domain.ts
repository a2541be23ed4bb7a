import { openPublishers, type Publishers } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { type Actor, type Domain, type DomainSettings, type MailboxesAt, type Register, RegisterRefusal } from '@vratny/directory';
import { type StandingMx, sightsOfStanding } from '@vratny/domains';
import { DEFAULT_LETTER, type Letter } from '@vratny/hosts';
import type { DomainName } from '@vratny/smtp';
import { describeError } from '@vratny/text';
import { type Command, Option } from 'commander';
import {
  countArgument,
  domainArgument,
  letterArgument,
  mailboxesArgument,
  mailboxesOrDefaultArgument,
  timeArgument,
} from '../arguments.ts';
import { acceptingOf, mxRecordsOfDomain, RECORD_COLUMNS, wantedMx } from '../dns-records.ts';
import { findStanding, STATES, type StandingDomain } from '../domain-states.ts';
import { type Column, printDone, printList, type Style } from '../print.ts';
import { endWith, isPublished, type Published, type PublishingOptions, publish, sayPublished } from '../publication.ts';
import { setPolicyOfAll } from '../records/policy-of-all.ts';
import { type ListOptions, take } from '../records/take.ts';
import { walkDomains } from '../records/walk-directory.ts';
import type { Terminal } from '../terminal.ts';
import { addDns } from './domain-dns.ts';
import { examples, withNewSite, withSite } from './group.ts';

/** After this long somebody should look whether the world has followed. */
const GRACE_DAYS = 7;

/** `mxctl domain ...` */
export function addDomain(program: Command, terminal: Terminal): void {
  const group = program
    .command('domain')
    .summary('domains that the cluster receives mail for')
    .description('Domains that the cluster receives mail for, their policies and their MX records.')
    .addHelpText('after', examples('domain add example.org --policy c', 'domain policy example.org b', 'domain dns example.org'));
  addAdd(group, terminal);
  addList(group, terminal);
  addPolicy(group, terminal);
  addMailboxes(group, terminal);
  addPublish(group, terminal);
  addDns(group, terminal);
}

function addAdd(group: Command, terminal: Terminal): void {
  group
    .command('add')
    .summary('receive mail for a domain')
    .description(
      'Adds a domain. Mail arrives once its MX records name the hosts that are printed. On a new site it makes the directory, and the folder of its Maildirs.',
    )
    .argument('<name>', 'the domain', domainArgument)
    .option('--policy <letter>', 'a, b (antivirus), c (and attachments) or d (and DNSBL)', letterArgument, DEFAULT_LETTER)
    .option('--alias-of <name>', 'its addresses are those of this domain of ours', domainArgument)
    .option(
      '--mailboxes <where>',
      'who knows which mailboxes it has: directory or store (default: what the site file says)',
      mailboxesArgument,
    )
    .addHelpText(
      'after',
      examples('domain add example.org', 'domain add example.org --policy a', 'domain add example.net --alias-of example.org'),
    )
    .action(async (name: DomainName, { policy, ...settings }: DomainSettings & { readonly policy: Letter }, command: Command) =>
      withNewSite(terminal, command, async ({ register, actor, site }, style) => {
        const domain = await register.addDomain(name, policy, actor, settings);
        const kind = domain.aliasOf === undefined ? '' : `, an alias of ${domain.aliasOf}`;
        printDone(terminal, style, { sentence: `${domain.name}: added with policy ${domain.letter}${kind}`, value: domain });
        if (!style.json) printRecords(terminal, site, domain);
      }),
    );
}

const STANDING_COLUMNS: readonly Column<StandingDomain>[] = [
  { heading: 'domain', cell: ({ name }) => name },
  { heading: 'policy', cell: ({ letter }) => letter },
  { heading: 'state', cell: ({ state }) => state },
  { heading: 'why', cell: ({ sentence }) => sentence },
  { heading: 'do this', cell: ({ nextStep }) => nextStep },
];

function addList(group: Command, terminal: Terminal): void {
  const columns: readonly Column<Domain>[] = [
    { heading: 'domain', cell: (domain) => domain.name },
    { heading: 'policy', cell: (domain) => domain.letter },
    { heading: 'alias of', cell: ({ aliasOf }) => aliasOf ?? '-' },
    { heading: 'also accepted by hosts of', cell: (domain) => acceptingOf(domain).join(', ') || '-' },
  ];
  group
    .command('list')
    .summary('all domains')
    .description('Lists domains and their policies, by name.')
    .option('--match <text>', 'only those whose name holds this')
    .option('--after <name>', 'only those behind this name')
    .option('--limit <count>', 'at most so many', countArgument(1, 999_999_999))
    .addOption(new Option('--state <state...>', "look at each domain's DNS once, and list those of these states").choices(STATES))
    .addHelpText(
      'after',
      examples('domain list', '--json domain list', 'domain list --match .cz --limit 100', 'domain list --state wrong partly'),
    )
    .action(async (options: ListOptions & { readonly state?: readonly string[] }, command: Command) =>
      withSite(terminal, command, async ({ register, site }, style) => {
        if (options.state !== undefined) {
          const found = await findStanding(terminal, site, walkDomains(register, options.after), { ...options, states: options.state });
          printList(terminal, style, { rows: found, columns: STANDING_COLUMNS, empty: `no domain is ${options.state.join(' or ')}` });
          return;
        }
        const rows = await take(walkDomains(register, options.after), ({ name }) => name, options);
        printList(terminal, style, { rows, columns, empty: 'no domains' });
      }),
    );
}

function addPolicy(group: Command, terminal: Terminal): void {
  group
    .command('policy')
    .summary("change a domain's policy")
    .description(
      'Chooses another policy. The hosts of those before accept mail until the world has left them, so that nothing is lost while DNS changes: until every name server has named none of them for twice the TTL of the old records, and at least a day. Then they delay mail for three days, and refuse it.',
    )
    .usage('[options] <name> <letter>\n       mxctl domain policy [options] --all-of <file> <letter>')
    .argument('[name]', 'the domain; with --all-of the policy')
    .argument('[letter]', 'a, b, c or d', letterArgument)
    .option('--all-of <file>', 'of all domains of a file, one a line, - for standard input; a thousand at a time, and nothing is published')
    .option(
      '--grace-until <time>',
      `when somebody should look whether the world has followed, at most ${GRACE_DAYS} days ahead; it ends nothing`,
      timeArgument(terminal.now, GRACE_DAYS),
    )
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--replace', 'where the records are published, also remove MX records that name hosts that are not ours')
    .addHelpText(
      'after',
      examples(
        'domain policy example.org b',
        'domain policy example.org d --grace-until "$(date -u -d +2days +%FT%TZ)"',
        'domain policy --all-of customers.txt c',
      ),
    )
    .action(async (first: string | undefined, second: Letter | undefined, options: PolicyOptions, command: Command) => {
      if (first === undefined) command.error(`error: missing required argument '${options.allOf === undefined ? 'name' : 'letter'}'`);
      await withSite(terminal, command, async ({ register, actor, site }, style) => {
        const graceUntil = options.graceUntil ?? new Date(terminal.now().getTime() + GRACE_DAYS * 86_400_000);
        if (options.allOf !== undefined) {
          if (second !== undefined) command.error('error: with --all-of there is one argument, the policy');
          const letter = readArgument(command, first, letterArgument);
          const { domains, changed } = await setPolicyOfAll(register, options.allOf, { letter, graceUntil, actor });
          const sentence = `${domains} domains; ${changed} got policy ${letter}, the others had it`;
          printDone(terminal, style, { sentence, value: { domains, changed, letter } });
          return;
        }
        if (second === undefined) command.error("error: missing required argument 'letter'");
        const name = readArgument(command, first, domainArgument);
        // What is wrong with a key is told before anything is changed.
        const publishers = await openPublishers(site, terminal.now);
        if (options.dryRun === true) {
          await tellPlan(terminal, style, { site, publishers, domain: await register.needDomain(name), letter: second });
          return;
        }
        const domain = await register.setPolicy(name, second, graceUntil, actor);
        const beforeWrite = noteStanding(terminal, { register, actor, site, domain });
        const published = await publish(publishers, wantedMx(site, domain), { ...options, beforeWrite });
        const accepting = acceptingOf(domain);
        const others =
          accepting.length === 0 ? '' : `; hosts of policy ${accepting.join(' and ')} accept its mail until the world has left them`;
        const value = published === undefined ? domain : { ...domain, published };
        printDone(terminal, style, { sentence: `${domain.name}: policy ${domain.letter}${others}`, value });
        if (!style.json) tellNext(terminal, site, domain, published);
        if (published !== undefined) endWith(published);
      });
    });
}

/** What was published, else what must be set, and how its owner sees that all is done. */
function tellNext(terminal: Terminal, site: Site, domain: Domain, published: Published | undefined): void {
  if (published !== undefined) terminal.out(`\n${sayPublished(published, domain.name, terminal.now())}`);
  if (published === undefined || !isPublished(published)) {
    printRecords(terminal, site, domain);
    printLeft(terminal, site, domain);
  }
  terminal.out(`\n"mxctl domain dns ${domain.name} --watch" tells when it does.\n`);
}

/** What a change of policy would do, and when. */
async function tellPlan(
  terminal: Terminal,
  style: Style,
  {
    site,
    publishers,
    domain,
    letter,
  }: { readonly site: Site; readonly publishers: Publishers; readonly domain: Domain; readonly letter: Letter },
): Promise<void> {
  const planned = { ...domain, letter };
  const published = await publish(publishers, wantedMx(site, planned), { dryRun: true });
  const accepting = [...new Set([...acceptingOf(domain), domain.letter])].filter((one) => one !== letter);
  const sentence = `${domain.name}: policy ${domain.letter} would become ${letter}; hosts of policy ${accepting.join(' and ')} would accept its mail until the world has left them`;
  printDone(terminal, style, {
    sentence,
    value: { name: domain.name, letter: domain.letter, becomes: letter, accepting, ...(published && { published }) },
  });
  if (style.json) return;
  if (published === undefined) printRecords(terminal, site, planned);
  else terminal.out(`\n${sayPublished(published, domain.name, terminal.now())}`);
}

/** `mxctl domain publish` */
function addPublish(group: Command, terminal: Terminal): void {
  group
    .command('publish')
    .summary('set the MX records of a domain, where the site may')
    .description(
      'Sets the MX records of a domain on the name server that the site file names for it (publish), as its policy wants them, and reads them back there. By RFC 2136 nothing that somebody changed meanwhile is overwritten; the API of PowerDNS cannot promise that, so what stands there afterwards is told.',
    )
    .argument('<name>', 'the domain', domainArgument)
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--replace', 'also remove MX records that name hosts that are not ours')
    .addHelpText('after', examples('domain publish example.org --dry-run', 'domain publish example.org'))
    .action(async (name: DomainName, options: PublishingOptions, command: Command) =>
      withSite(terminal, command, async ({ register, actor, site }, style) => {
        const domain = await register.needDomain(name);
        const publishers = await openPublishers(site, terminal.now);
        const beforeWrite = noteStanding(terminal, { register, actor, site, domain });
        const published = await publish(publishers, wantedMx(site, domain), { ...options, beforeWrite });
        if (published === undefined) throw new RegisterRefusal(`the site file names no name server for the zone of ${name} (publish)`);
        printDone(terminal, style, { sentence: sayPublished(published, name, terminal.now()).trimEnd(), value: published });
        endWith(published);
      }),
    );
}

/** Keeps the TTL of records that are replaced: afterwards nobody but caches has them, and a cache tells only what is left of it. */
function noteStanding(
  { now }: Terminal,
  { register, actor, site, domain }: { readonly register: Register; readonly actor: Actor; readonly site: Site; readonly domain: Domain },
): (standing: StandingMx) => Promise<void> {
  return async (standing) => {
    const sights = sightsOfStanding(domain, standing, site);
    if (sights.length > 0) await register.noteSights(domain.name, sights, now(), actor);
  };
}

/** What must go from DNS. */
function printLeft(terminal: Terminal, site: Site, domain: Domain): void {
  const { name, letter } = domain;
  const namesOf = (of: Letter) =>
    mxRecordsOfDomain(site, { name, letter: of }).flatMap((record) => (record.type === 'MX' ? [record.exchange] : []));
  const old = new Set(acceptingOf(domain).flatMap(namesOf));
  const left = [...old].filter((exchange) => !namesOf(letter).includes(exchange)).toSorted();
  if (left.length > 0) terminal.out(`and no longer name ${left.join(' and ')}.\n`);
}

interface PolicyOptions extends PublishingOptions {
  readonly graceUntil?: Date;
  readonly allOf?: string;
}

/** An argument whose kind depends on an option. A mistake in it ends the command as one in any other. */
function readArgument<T>(command: Command, written: string, parse: (written: string) => T): T {
  try {
    return parse(written);
  } catch (error) {
    return command.error(`error: '${written.slice(0, 100)}' is invalid. ${describeError(error)}`);
  }
}

function addMailboxes(group: Command, terminal: Terminal): void {
  group
    .command('mailboxes')
    .summary('say who knows which mailboxes a domain has')
    .description(
      'Says who knows which mailboxes a domain has: the directory, or the mailbox store, which is then asked for each recipient; "default" is what the site file says.',
    )
    .argument('<name>', 'the domain', domainArgument)
    .argument('<where>', 'directory, store or default', mailboxesOrDefaultArgument)
    .addHelpText('after', examples('domain mailboxes example.org store'))
    .action(async (name: DomainName, where: MailboxesAt | null, _options: unknown, command: Command) =>
      withSite(terminal, command, async ({ register, actor }, style) => {
        const domain = await register.setMailboxes(name, where, actor);
        const who = domain.mailboxes === undefined ? 'whom the site file names' : `the ${domain.mailboxes}`;
        printDone(terminal, style, { sentence: `${domain.name}: its mailboxes are known to ${who}`, value: domain });
      }),
    );
}

function printRecords(terminal: Terminal, site: Site, domain: Domain): void {
  terminal.out('\nIts DNS must say:\n');
  printList(terminal, { json: false }, { rows: mxRecordsOfDomain(site, domain), columns: RECORD_COLUMNS, empty: 'no records' });
}
