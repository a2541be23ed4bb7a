import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RunningProgram, startProgram, type UnpackedPackages } from '@vratny/daemons';
import { runToEnd } from './running-program.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const UNPACKED = join(import.meta.dirname, '..', '..', 'var', 'debian');
const unpacked = (name: string, ...packages: readonly string[]): UnpackedPackages => ({ packages, folder: join(UNPACKED, name) });

/** Mail servers beside the Postfix that is installed. */
export const EXIM = unpacked('exim', 'exim4-daemon-light');
export const OPENSMTPD = unpacked('opensmtpd', 'opensmtpd');
export const SENDMAIL = unpacked('sendmail', 'sendmail-bin', 'sendmail-cf');

/** A system user that the package's scripts would have made. */
export interface RootUser {
  readonly name: string;
  /** Of user and group; free of Debian's own numbers. */
  readonly id: number;
}

/** What a program in such a root finds besides the unpacked packages. */
export interface RootOptions {
  readonly from: UnpackedPackages;
  readonly users: readonly RootUser[];
  /** Files below `/etc`, by their path from there; they may name the shared folder. */
  readonly etc: (shared: string) => Readonly<Record<string, string>>;
  /** Shell lines that make folders and links below `/var` and `/run`. */
  readonly prepare: string;
}

/**
 * This machine as it would be with some packages installed: a root of its own, with their files over the machine's, in mount,
 * host name and process namespaces. Paths, users and libraries are where the programs look for them, and nothing of the machine is changed. The
 * network is the machine's. Needs root.
 */
export interface UnpackedRoot extends Disposable {
  /** A folder that has the same path inside and outside. */
  readonly shared: string;
  /** Starts a program that stays; ending it ends all that it started, whatever they did to get away. */
  start(script: string, ...args: readonly string[]): RunningProgram;
  /** Runs shell lines to their end, beside what was started; rejects when they fail. */
  run(script: string, ...args: readonly string[]): Promise<string>;
}

/** The view is mounted where the script runs: a namespace ends with its last process, and its mounts with it. */
const ENTER = `set -e
root=$1 unpacked=$2 etc=$3 shared=$4 script=$5; shift 5
hostname client.test
mount -t overlay overlay -o "lowerdir=$unpacked/usr:/usr" "$root/usr"
mount -t overlay overlay -o "lowerdir=$etc:$unpacked/etc:/etc" "$root/etc"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared"
exec chroot "$root" /bin/sh -c "$script" sh "$@"`;

const FOLDERS = ['usr', 'etc', 'dev', 'proc', 'run', 'tmp', 'var/lib', 'var/log', 'var/mail', 'var/spool', 'root'];

/** Makes one; disposing it takes its files away, so everything in it must have been stopped. */
export async function makeUnpackedRoot({ from, users, etc, prepare }: RootOptions): Promise<UnpackedRoot> {
  if (!existsSync(from.folder)) throw new Error(`${from.folder} is missing: npm test unpacks ${from.packages.join(', ')} there`);
  const folder = makeTemporaryFolder('root');
  const [root, ownEtc, shared] = ['root', 'etc', 'shared'].map((name) => join(folder.path, name)) as [string, string, string];
  // Daemons that gave up root must get through.
  for (const path of [folder.path, root, ownEtc, shared]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  for (const name of FOLDERS) mkdirSync(join(root, name), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(readlinkSync(`/${name}`), join(root, name));
  symlinkSync('/run', join(root, 'var', 'run'));
  chmodSync(join(root, 'tmp'), 0o1777);
  const machine = {
    passwd: `${readFileSync('/etc/passwd', 'latin1')}${users.map(({ name, id }) => `${name}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin\n`).join('')}`,
    hosts: '127.0.0.1 localhost client.test\n',
    group: `${readFileSync('/etc/group', 'latin1')}${users.map(({ name, id }) => `${name}:x:${id}:\n`).join('')}`,
  };
  for (const [name, text] of Object.entries({ ...machine, ...etc(shared) })) {
    mkdirSync(dirname(join(ownEtc, name)), { recursive: true });
    writeFileSync(join(ownEtc, name), text, 'latin1');
  }
  const entering = (script: string, args: readonly string[]) => [
    ...['--mount', '--uts', '--pid', '--fork', '--kill-child', 'sh', '-c', ENTER, 'sh'],
    ...[root, from.folder, ownEtc, shared, script, ...args],
  ];
  const run = async (script: string, ...args: readonly string[]) => {
    const program = await runToEnd('unshare', entering(script, args));
    if (program.ending() === 0) return program.stdout();
    throw new Error(`${script} ${args.join(' ')}: ${program.ending()}\n${program.stdout()}${program.stderr()}`);
  };
  try {
    await run(`set -e\n${prepare}`);
  } catch (error) {
    folder.remove();
    throw error;
  }
  return {
    shared,
    start(script, ...args) {
      const program = startProgram('unshare', entering(script, args));
      const stop = () => {
        // unshare(1) takes no notice of SIGTERM; the kernel ends the process namespace with it.
        program.signal('SIGKILL');
        return program.ended;
      };
      return { ...program, stop };
    },
    run,
    [Symbol.dispose]: () => folder.remove(),
  };
}
