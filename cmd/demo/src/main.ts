import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartProblem } from '@vratny/adapters';
import { type Host, parseHostId } from '@vratny/hosts';
import { POLICIES } from '@vratny/policy';
import { eventLine } from './event-line.ts';
import { type DemoHost, startHost } from './hosts-of-demo.ts';
import { choosePorts, type Ports, savePorts } from './ports.ts';
import { prepareSite } from './prepare.ts';
import { renderTable } from './table.ts';
import { DOMAINS, LISTED_CLIENT, MAILBOX } from './world.ts';

const HELP = `npm start [-- --directory DIR]

Runs a whole demo cluster on 127.0.0.1: every host that is built, on SQLite and Maildir, with its own DNS.
Everything it makes is in DIR (default: var/). Ctrl-C ends it.
`;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { directory: { type: 'string', default: 'var' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const directory = resolve(values.directory);
  say(`Vratny demo in ${relative(process.cwd(), directory) || '.'}/`);
  const site = await prepareSite(directory, say);
  const hosts = POLICIES.map((policy) => parseHostId(policy.name)).filter((host): host is Host => host !== undefined);
  const ports = await choosePorts(hosts);
  savePorts(directory, ports);
  return run(directory, site, ports);
}

async function run(directory: string, site: string, ports: Ports): Promise<number> {
  const stopAsked = new Promise<'asked'>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done('asked'));
  });
  say(`starting ${Object.keys(ports).join(', ')} ...`);
  const tell = (id: string, json: string) => {
    const line = eventLine(id, json);
    if (line !== undefined) say(line);
  };
  const started = await Promise.allSettled(
    Object.entries(ports).map(([id, port]) => startHost({ id, site, port, logFile: join(directory, 'log', `${id}.jsonl`) }, tell)),
  );
  const running: DemoHost[] = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (!failed) welcome(ports, directory);
  const died = Promise.race(running.map(async (host) => `${host.id} ended: ${await host.ended}`));
  const why = failed
    ? String(failed.reason instanceof Error ? failed.reason.message : failed.reason)
    : await Promise.race([stopAsked, died]);
  say(why === 'asked' ? '\nstopping (running messages are finished first) ...' : `demo: ${why}`);
  await Promise.all(running.map((host) => host.stop()));
  return why === 'asked' ? 0 : 1;
}

function welcome(ports: Ports, directory: string): void {
  const inbox = join(relative(process.cwd(), directory), 'mail', DOMAINS.d, MAILBOX, 'new');
  say(`\n${renderTable(ports)}\n`);
  say('Send a first message, from another terminal in this folder:');
  say(`  npm run -s send -- --to ${MAILBOX}@${DOMAINS.d}`);
  say(`  ls ${inbox}`);
  say('And some that are refused: an unknown mailbox, a client on a blacklist, a forged sender:');
  say(`  npm run -s send -- --to nobody@${DOMAINS.d}`);
  say(`  npm run -s send -- --client ${LISTED_CLIENT}`);
  say('  npm run -s send -- --from anybody@strict.test');
  say(
    `\nWhat the hosts decide is shown below; the whole journal is in ${join(relative(process.cwd(), directory), 'log')}/. Ctrl-C ends everything.\n`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StartProblem) && !(error instanceof TypeError && 'code' in error)) throw error;
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}
