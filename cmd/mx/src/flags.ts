import { availableParallelism } from 'node:os';
import { versionOf } from '@vratny/adapters';
import { findHost, HOSTS, type Host, hostId, isLetter, LETTERS, parseHostId, ROLES, type Role } from '@vratny/hosts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** A machine without such addresses does without. */
  readonly ifThere?: boolean;
}

/** What the command line says. */
export interface Flags {
  readonly config: string;
  readonly host: Host;
  readonly listen: readonly ListenAddress[];
  /** Sockets that systemd handed over, as descriptors; with any, nothing else is listened on. */
  readonly sockets: readonly number[];
  readonly workers: number;
}

/** What came of the command line: flags, or all was said already and the process ends. */
export type ReadFlags = { readonly kind: 'flags'; readonly flags: Flags } | { readonly kind: 'exit'; readonly code: number };

/** Where help and errors are written. */
export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;
const WORKERS_MAX = 256;
const DEFAULT_LISTEN: readonly ListenAddress[] = [
  { host: '0.0.0.0', port: 25 },
  { host: '::', port: 25, ifThere: true },
];

const USAGE = 'Usage: mx --config FILE (--policy LETTER [--role ROLE] | --host ID) [--listen ADDRESS:PORT]... [--workers N]';
const MORE = `
Prints one line "listening on ADDRESS:PORT" for each socket when it is ready; writes its journal, a JSON line per event, to stderr.
SIGTERM finishes running messages and stops; SIGHUP loads the site file again.
Started by systemd it listens on the sockets of its socket unit, and says when it is ready, reloads and stops (Type=notify, WatchdogSec=).

Example: mx --config site.yaml --policy d --role primary --listen 127.0.0.1:2525 --workers 2`;

const TERMINAL: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

/** Reads the command line, beside the sockets that systemd handed over; what makes no sense is one clear line, the usage, and exit code 64. */
export function readFlags(argv: readonly string[], sockets: readonly number[] = [], output: Output = TERMINAL): ReadFlags {
  const program = createProgram(output);
  try {
    program.parse(argv, { from: 'user' });
    const options = program.opts<{
      config: string;
      policy?: string;
      role: Role;
      host?: string;
      listen?: ListenAddress[];
      workers: number;
    }>();
    const roleWasSaid = program.getOptionValueSource('role') === 'cli';
    const host = chooseHost(options.host, options.policy, options.role, roleWasSaid);
    if (typeof host === 'string') return program.error(`error: ${host}`);
    const { config, listen, workers } = options;
    if (listen !== undefined && sockets.length > 0)
      return program.error('error: systemd hands over sockets to listen on (a socket unit); leave out --listen, or stop the socket unit');
    return { kind: 'flags', flags: { config, host, listen: listen ?? DEFAULT_LISTEN, sockets, workers } };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'exit', code: error.exitCode === 0 ? 0 : EXIT_USAGE };
  }
}

function createProgram({ out, error }: Output): Command {
  return new Command('mx')
    .description('One MX host of a Vratny cluster: receives mail for the domains of its policy letter and puts it into the mailbox store.')
    .requiredOption('--config <file>', 'the site file, shared by all nodes (see docs/CONFIG.md)')
    .addOption(new Option('--policy <letter>', 'the letter of this host').choices(LETTERS))
    .addOption(new Option('--role <role>', 'what kind of host this is').choices(ROLES).default('primary'))
    .addOption(new Option('--host <id>', 'letter and role in short').choices(HOSTS.map(hostId)))
    .option(
      '--listen <address:port>',
      'where to listen, may be given several times; port 0 takes a free one (default: 0.0.0.0:25 and [::]:25)',
      addListen,
    )
    .option('--workers <n>', 'processes that serve clients', parseWorkers, availableParallelism())
    .version(versionOf('mx'), '--version', 'print the version')
    .addHelpText('after', MORE)
    .configureOutput({ writeOut: out, writeErr: error })
    .exitOverride()
    .showHelpAfterError(`${USAGE}\n(mx --help tells more)`);
}

/** The host that was asked for, or what is wrong. */
function chooseHost(id: string | undefined, letter: string | undefined, role: Role, roleWasSaid: boolean): Host | string {
  const byId = id === undefined ? undefined : parseHostId(id);
  if (byId) {
    const agrees = (letter === undefined || letter === byId.letter) && (!roleWasSaid || role === byId.role);
    return agrees ? byId : `--host ${hostId(byId)} is the ${byId.role} of letter ${byId.letter}, --policy and --role say otherwise`;
  }
  if (letter === undefined || !isLetter(letter)) return 'say which host this is: --policy LETTER with --role ROLE, or --host ID';
  return findHost(letter, role) ?? `there is no ${role} of letter ${letter}; the hosts are ${HOSTS.map(hostId).join(', ')}`;
}

function addListen(text: string, before: ListenAddress[] = []): ListenAddress[] {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/u.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port <= 65_535)) throw new InvalidArgumentError('write ADDRESS:PORT, as 127.0.0.1:2525 or [::1]:2525.');
  return [...before, { host, port }];
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > WORKERS_MAX)
    throw new InvalidArgumentError(`write a number from 1 to ${WORKERS_MAX}.`);
  return workers;
}
