import { openWorld } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Domain } from '@vratny/directory';
import { type Followed, follow, type Look, observe, sightsOf, type Wanted, type WantedRecord, zoneText } from '@vratny/domains';
import type { DomainName } from '@vratny/smtp';
import { pause } from '@vratny/waiting';
import { type Command, Option } from 'commander';
import { textForAdmin } from '../admin-text.ts';
import { countArgument, domainArgument } from '../arguments.ts';
import { acceptingOf, RECORD_COLUMNS, recordsOf, wantedOfDomain } from '../dns-records.ts';
import { type DnsReport, formatReport, reportForPrograms } from '../dns-report.ts';
import { AnswerIsNo, EXIT } from '../exit-codes.ts';
import { printList } from '../print.ts';
import { clean, type Terminal } from '../terminal.ts';
import { examples, type GlobalOptions, globalOptions, withSite } from './group.ts';

/** Between two looks of `--watch`, in seconds: by default, and what may be asked for. */
const EVERY_SECONDS = 10;
const EVERY_SECONDS_MIN = 2;
const EVERY_SECONDS_MAX = 3600;
/** How often the countdown is drawn anew, in milliseconds. */
const DRAW_EVERY_MS = 1000;
/** TTL of records in zone-file text, in seconds: an hour, so that the next change of policy is seen within one. */
const ZONE_TTL_SECONDS = 3600;

interface DnsOptions {
  readonly watch?: true;
  readonly every: number;
  readonly records?: true;
  readonly zone?: true;
  readonly admin?: true;
}

/** `mxctl domain dns` */
export function addDns(group: Command, terminal: Terminal): void {
  group
    .command('dns')
    .summary('the DNS records that a domain must have, and what DNS says')
    .description(
      'Tells which MX records a domain must have for its policy (RFC 5321 §5.1) and which TLSA records its hosts (RFC 7672 §3.1), asks every name server of its zone and two resolvers what they say, looks up the TLSA records of its hosts, and tells how the domain stands and what to do. MX records belong into the zone of the domain, TLSA records into that of the cluster; both zones must be signed for TLSA to count. Name servers at private addresses are asked only within networks.own.',
    )
    .argument('<name>', 'the domain', domainArgument)
    .option('--watch', 'look again and again until it is right')
    .option('--every <seconds>', 'between two looks of --watch', countArgument(EVERY_SECONDS_MIN, EVERY_SECONDS_MAX), EVERY_SECONDS)
    .addOption(new Option('--records', 'only the records that must be set; nobody is asked').conflicts(['watch', 'zone']))
    .addOption(new Option('--zone', 'the same as text for a zone file').conflicts(['watch', 'records']))
    .addOption(
      new Option('--admin', 'the MX records as a text for whoever runs the DNS of the domain').conflicts(['watch', 'records', 'zone']),
    )
    .addHelpText(
      'after',
      `${examples('domain dns example.org', 'domain dns example.org --watch', 'domain dns example.org --zone', '--json domain dns example.org')}
States: right; spreading (the name servers are right, caches not yet); partly (something is missing, too much, or not the same everywhere);
wrong (mail goes elsewhere first, or nowhere); unknown. Exits with 0 when right or spreading, 1 when partly or wrong, 75 when unknown.
`,
    )
    .action(async (name: DomainName, options: DnsOptions, command: Command) => {
      const style = globalOptions(command);
      const { site, domain } = await readDomain(terminal, command, name);
      const wanted = wantedOfDomain(site, domain);
      const records = recordsOf(wanted);
      if (options.zone === true) terminal.out(zoneText(records, ZONE_TTL_SECONDS));
      else if (options.admin === true)
        terminal.out(textForAdmin(site, { name, records, before: acceptingOf(domain), ttlSeconds: ZONE_TTL_SECONDS }));
      else if (options.records === true) printList(terminal, style, { rows: records, columns: RECORD_COLUMNS, empty: 'no records' });
      else {
        const note = (look: Look) => noteLook(terminal, command, name, look);
        await lookAndTell(terminal, style, {
          site,
          wanted,
          records,
          note,
          everySeconds: options.watch === true ? options.every : undefined,
        });
      }
    });
}

/** The register is closed again before anybody is asked: a watch must not hold it. */
async function readDomain(
  terminal: Terminal,
  command: Command,
  name: DomainName,
): Promise<{ readonly site: Site; readonly domain: Domain }> {
  const read = Promise.withResolvers<{ readonly site: Site; readonly domain: Domain }>();
  await withSite(terminal, command, async ({ register, site }) => {
    read.resolve({ site, domain: await register.needDomain(name) });
  });
  return await read.promise;
}

/** Keeps what a look showed of the letters that the domain had before: their hosts accept its mail until the world has left them. */
async function noteLook(terminal: Terminal, command: Command, name: DomainName, look: Look): Promise<void> {
  await withSite(terminal, command, async ({ register, actor, site }) => {
    const sights = sightsOf(await register.needDomain(name), look, site);
    if (sights.length > 0) await register.noteSights(name, sights, look.at, actor);
  });
}

interface Subject {
  readonly site: Site;
  readonly wanted: Wanted;
  readonly records: readonly WantedRecord[];
  readonly note: (look: Look) => Promise<void>;
  /** Between two looks; undefined: one look. */
  readonly everySeconds: number | undefined;
}

async function lookAndTell(
  terminal: Terminal,
  style: GlobalOptions,
  { site, wanted, records, note, everySeconds }: Subject,
): Promise<void> {
  const world = await openWorld(site);
  let followed: Followed | undefined;
  for (;;) {
    const look = await observe(world, wanted, terminal.now);
    await note(look);
    const before = followed;
    followed = follow(before, wanted, look);
    const report: DnsReport = { domain: wanted.domain, policy: wanted.letter, records, followed };
    tell(terminal, style, { report, watch: everySeconds !== undefined, before });
    if (everySeconds === undefined || followed.state === 'right') break;
    await waitForNextLook(terminal, style, report, everySeconds);
  }
  if (followed.state === 'unknown') throw new AnswerIsNo(EXIT.temporary);
  if (followed.state === 'partly' || followed.state === 'wrong') throw new AnswerIsNo();
}

interface Telling {
  readonly report: DnsReport;
  readonly watch: boolean;
  readonly before: Followed | undefined;
}

/** One report; a watch without a person before it tells one line for each change, and to programs one line for each look. */
function tell(terminal: Terminal, { json }: GlobalOptions, { report, watch, before }: Telling): void {
  const { state, sentence, lookedAt } = report.followed;
  if (json) terminal.out(`${JSON.stringify(reportForPrograms(report), null, watch ? 0 : 2)}\n`);
  else if (!watch) terminal.out(formatReport(report, terminal.now(), terminal.colours));
  else if (terminal.live === true) draw(terminal, formatReport(report, terminal.now(), terminal.colours));
  else if (before === undefined) terminal.out(formatReport(report, terminal.now(), terminal.colours));
  else if (before.state !== state || before.sentence !== sentence) terminal.out(`${lookedAt.toISOString()} ${state}: ${clean(sentence)}\n`);
}

async function waitForNextLook(terminal: Terminal, { json }: GlobalOptions, report: DnsReport, everySeconds: number): Promise<void> {
  for (let leftMs = everySeconds * 1000; leftMs > 0; leftMs -= DRAW_EVERY_MS) {
    if (terminal.live === true && !json) {
      const text = formatReport(report, terminal.now(), terminal.colours);
      draw(terminal, `${text}\nNext look in ${leftMs / 1000} s. Ctrl-C ends it.\n`);
    }
    await pause(DRAW_EVERY_MS);
  }
}

/** Writes over what stood there, line by line, so that nothing flickers. */
function draw(terminal: Terminal, text: string): void {
  terminal.out(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`);
}
