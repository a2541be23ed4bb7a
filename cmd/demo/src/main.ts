import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { StartProblem, versionOf } from '@vratny/adapters';
import { HOSTS } from '@vratny/hosts';
import { describeError } from '@vratny/text';
import { createCanceller, withDeadline } from '@vratny/waiting';
import { eventLine } from './event-line.ts';
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
  const { running, failure } = await startHosts(directory, site, ports);
  if (failure !== undefined) ending.abort();
  const scanners = await startingScanners;
  if (!ending.signal.aborted) say(welcome(ports, directory, scanners.notes));
  const died = Promise.race(running.map(async (host) => `${host.id} ended: ${await host.ended}`));
  const why = failure ?? (await Promise.race([stopAsked, died]));
  say(why === 'asked' ? '\nstopping (running messages are finished first) ...' : `demo: ${why}`);
  await stopAll(running, scanners);
  return why === 'asked' ? 0 : 1;
}

/** Starts all hosts at once; `failure` says why one of them did not start. */
async function startHosts(
  directory: string,
  site: string,
  ports: Ports,
): Promise<{ readonly running: readonly DemoHost[]; readonly failure?: string }> {
  const tell = (id: string, json: string) => {
    const line = eventLine(id, json);
    if (line !== undefined) say(line);
  };
  const started = await Promise.allSettled(
    Object.entries(ports).map(([id, port]) => startHost({ id, site, port, logFile: join(directory, 'log', `${id}.jsonl`) }, tell)),
  );
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (!failed) return { running };
  return { running, failure: describeError(failed.reason) };
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

const MX = join(import.meta.dirname, '..', '..', 'mx', 'src', 'main.ts');
const READY_MS = 60_000;
const STOP_MS = 70_000;

/** A running host of the demo. */
interface DemoHost {
  readonly id: string;
  /** Resolves with what it said when it ended without being asked to. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Starts one mx and waits until it listens. Its journal goes to `logFile`, each line also to `onEvent`. */
async function startHost(
  where: { readonly id: string; readonly site: string; readonly port: number; readonly logFile: string },
  onEvent: (id: string, line: string) => void,
): Promise<DemoHost> {
  const args = [MX, '--config', where.site, '--host', where.id, '--listen', `127.0.0.1:${where.port}`, '--workers', '1'];
  // Its own process group: Ctrl-C reaches the demo alone, which then stops everything in order.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const log = createWriteStream(where.logFile, { flags: 'a' });
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.write(`${line}\n`);
    if (!line.startsWith('{')) last = line;
    onEvent(where.id, line);
  });
  const gone = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(last || `it ended with ${signal ?? code}`)));
  await ready(child, gone, where.id);
  return { id: where.id, ended: gone, stop: () => stop(child, gone) };
}

function ready(child: ChildProcess, gone: Promise<string>, id: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (child.stdout) createInterface({ input: child.stdout }).once('line', () => resolve());
  void gone.then((why) => reject(new Error(`${id} did not start: ${why}`)));
  return withDeadline(promise, READY_MS, () => {
    throw new Error(`${id} was not ready within ${READY_MS / 1000} s`);
  });
}

async function stop(child: ChildProcess, gone: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
