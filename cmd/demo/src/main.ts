import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSite, StartProblem, versionOf } from '@vratny/adapters';
import { HOSTS, hostId, serves } from '@vratny/hosts';
import { policyOf } from '@vratny/policy';
import { createCanceller } from '@vratny/waiting';
import { type DemoHost, startHosts, startPanel } from './demo-hosts.ts';
import { assignPorts, type Ports } from './ports.ts';
import { prepareSite } from './prepare.ts';
import { installScanners, type Scanners, startScanners } from './scanners.ts';
import { ANTISPAM_MAILBOX, DOMAIN_LIST, DOMAINS, LISTED_CLIENT, MAILBOX } from './world.ts';

const HELP = `npm start [-- --directory DIR] [--no-install]

Runs a whole demo cluster on 127.0.0.1: all seven hosts, on SQLite and Maildir, with its own DNS and,
where ClamAV and rspamd can be had, with scanners of its own (root on Debian installs their packages once; --no-install does not).
Everything it makes is in DIR (default: var/). Ctrl-C ends it.
`;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string', default: 'var' },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  });
  if (values.version) {
    say(versionOf('demo'));
    return 0;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const directory = resolve(values.directory);
  say(`Vratny demo in ${relative(process.cwd(), directory) || '.'}/`);
  installScanners(!values['no-install'], say);
  const site = await prepareSite(directory, say);
  return run(directory, site, await assignPorts(HOSTS, directory));
}

async function run(directory: string, site: string, ports: Ports): Promise<number> {
  const ending = createCanceller();
  const stopAsked = new Promise<'asked'>((done) => {
    // Not once: at a terminal npm passes on the SIGINT that we had already, and a second one must not leave the others
    // behind.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done('asked'));
  });
  void stopAsked.then(() => ending.abort());
  say(`starting ${Object.keys(ports).join(', ')} ...`);
  const startingScanners = startScanners({ directory, site }, say, ending.signal);
  const panelUrl = (await loadSite(site)).panel?.url;
  const startingPanel = panelUrl === undefined ? undefined : startPanel({ directory, site }, say);
  const { running, failure } = await startHosts({ directory, site, ports, panelUrl }, say);
  const panel = await startingPanel;
  if (failure !== undefined) ending.abort();
  const scanners = await startingScanners;
  if (!ending.signal.aborted) say(welcome(ports, directory, panel && panelUrl, scanners.notes));
  const died = Promise.race([...running, ...(panel ? [panel] : [])].map(async (host) => `${host.id} ended: ${await host.ended}`));
  const why = failure ?? (await Promise.race([stopAsked, died]));
  say(why === 'asked' ? '\nstopping (running messages are finished first) ...' : `demo: ${why}`);
  await stopAll([...running, ...(panel ? [panel] : [])], scanners);
  return why === 'asked' ? 0 : 1;
}

/** The hosts first: a message that is under way still wants its scan. */
async function stopAll(hosts: readonly DemoHost[], scanners: Scanners): Promise<void> {
  await Promise.all(hosts.map((host) => host.stop()));
  await scanners.stop();
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StartProblem) && !(error instanceof TypeError && 'code' in error)) throw error;
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}

/** What a person reads when everything runs: the hosts, what to try, and what is not as it should be. */
function welcome(ports: Ports, directory: string, panelUrl: string | undefined, notes: readonly string[]): string {
  const shown = relative(process.cwd(), directory);
  // What `send` takes when nothing else is said.
  const send = `npm run -s send --${shown === 'var' ? '' : ` --directory ${shown}`}`;
  const trace = `npm run -s mxctl -- --config ${join(shown, 'site.yaml')} trace`;
  return [
    '',
    renderTable(ports),
    '',
    'Send a first message, from another terminal in this folder:',
    `  ${send} --to ${MAILBOX}@${DOMAINS.d}`,
    `  ls ${join(shown, 'mail', DOMAINS.d, MAILBOX, 'new')}`,
    'And some that are refused: an unknown mailbox, a client on a blacklist, a forged sender, a virus (EICAR), spam (GTUBE):',
    `  ${send} --to nobody@${DOMAINS.d}`,
    `  ${send} --client ${LISTED_CLIENT}`,
    `  ${send} --from anybody@strict.test`,
    `  ${send} --virus`,
    `  ${send} --spam --to ${ANTISPAM_MAILBOX}@${DOMAINS.d}`,
    'A backup host asks an unknown sender to come back in five minutes, and the last one takes nothing:',
    `  ${send} --host b20`,
    `  ${send} --host c20`,
    'Policy a asks no virus scanner, and alice has antispam off, so these are taken:',
    `  ${send} --virus --to ${MAILBOX}@${DOMAINS.a}`,
    `  ${send} --spam --to ${MAILBOX}@${DOMAINS.d}`,
    'What became of it, and the story of a refusal by the receipt at the end of its reply:',
    `  ${trace}`,
    `  ${trace} RECEIPT`,
    ...(panelUrl === undefined
      ? []
      : [
          'What the sender of a refused message reads is the page at the end of each refusal; one without a message:',
          `  ${panelUrl}/why/dnsbl`,
          'A sender that SPF confirms can ask there to be let in:',
          `  ${send} --client ${LISTED_CLIENT} --from anna@partner.test`,
        ]),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    `What the hosts decide is shown below; the whole journal is in ${join(shown, 'log')}/. Ctrl-C ends everything.`,
    '',
  ].join('\n');
}

/** The demo's hosts: where they listen, for whom, what they check, and, where there is any, what they lack so far. */
function renderTable(ports: Ports): string {
  const policies = HOSTS.map((host) => policyOf(host));
  const lacking = policies.some((policy) => policy && policy.lacks.length > 0);
  const rows = HOSTS.map((host, i) => {
    const domains = DOMAIN_LIST.filter(({ letter }) => serves(host, letter));
    const mailbox = domains.map(({ domain }) => `${MAILBOX}@${domain}`).join(', ');
    const { summary = 'takes no mail: answers every command with "later"', lacks = [] } = policies[i] ?? {};
    return [hostId(host), `127.0.0.1:${ports[hostId(host)] ?? '?'}`, mailbox, summary, ...(lacking ? [lacks.join(', ')] : [])];
  });
  const head = ['host', 'listens on', 'mailbox', 'policy', ...(lacking ? ['not built yet'] : [])];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
