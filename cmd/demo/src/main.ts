import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartProblem, versionOf } from '@vratny/adapters';
import { HOSTS } from '@vratny/hosts';
import { createCanceller } from '@vratny/waiting';
import { type DemoHost, startHosts } from './demo-hosts.ts';
import { choosePorts, type Ports, savePorts } from './ports.ts';
import { prepareSite } from './prepare.ts';
import { installScanners, type Scanners, startScanners } from './scanners.ts';
import { welcome } from './welcome.ts';

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
  const ports = await choosePorts(HOSTS);
  savePorts(directory, ports);
  return run(directory, site, ports);
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
  const { running, failure } = await startHosts({ directory, site, ports }, say);
  if (failure !== undefined) ending.abort();
  const scanners = await startingScanners;
  if (!ending.signal.aborted) say(welcome(ports, directory, scanners.notes));
  const died = Promise.race(running.map(async (host) => `${host.id} ended: ${await host.ended}`));
  const why = failure ?? (await Promise.race([stopAsked, died]));
  say(why === 'asked' ? '\nstopping (running messages are finished first) ...' : `demo: ${why}`);
  await stopAll(running, scanners);
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
