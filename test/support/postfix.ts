import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningProgram } from '@vratny/daemons';
import { type PostfixConfig, renderMainCf, renderMasterCf } from './postfix-config.ts';
import { runToEnd } from './running-program.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** A Postfix instance of our own, beside the machine's. */
export interface Postfix extends AsyncDisposable {
  /** Hands a message to the queue, as `sendmail` does; lines of `message` end in CRLF. */
  send(message: string, envelope: { readonly from: string; readonly to: readonly string[] }): Promise<void>;
  /** Bounces and whatever else came back to the sender, as octets in latin1. */
  returned(): readonly string[];
  /** Its log so far. */
  readonly log: () => string;
  /** Tries everything in the queue now, however long it was to wait. */
  flush(): Promise<void>;
  /** True when no message is left in the queue. */
  isQueueEmpty(): Promise<boolean>;
}

/** Debian's nobody and nogroup. */
const MAILBOX_OWNER = { mailboxUid: 65534, mailboxGid: 65534 };

/** What an instance is started with. */
export interface PostfixOptions extends Pick<PostfixConfig, 'relayPort' | 'tls' | 'settings'> {
  /** IP address of the name server that it asks, instead of the machine's. */
  readonly resolver?: string;
}

/** Starts an instance that sends everything to mx; needs root. Disposing it ends its processes and takes away its files. */
export async function startPostfix({ resolver, ...options }: PostfixOptions): Promise<Postfix> {
  const folder = makeTemporaryFolder('postfix');
  const config = join(folder.path, 'etc');
  try {
    await writeInstance({ ...options, ...MAILBOX_OWNER, folder: folder.path });
    const log = () => readOrEmpty(join(folder.path, 'log'));
    const dispose = async () => {
      await stopMaster(config, folder.path);
      folder.remove();
    };
    // `start` returns when the master serves, or with its complaint.
    const start = await startMaster(config, folder.path, resolver);
    if (start.ending() !== 0) {
      await stopMaster(config, folder.path);
      throw new Error(`Postfix did not start\n${start.stdout()}${start.stderr()}${log()}`);
    }
    return {
      send: (message, envelope) => send(config, folder.path, message, envelope),
      returned: () => readFolder(join(folder.path, 'mail', 'bounces', 'new')),
      log,
      flush: async () => void (await runToEnd('postqueue', ['-c', config, '-f'])),
      isQueueEmpty: async () => (await runToEnd('postqueue', ['-c', config, '-j'])).stdout().trim() === '',
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

async function writeInstance(config: PostfixConfig): Promise<void> {
  const { folder } = config;
  // The daemons give up root before they reach their own folders.
  chmodSync(folder, 0o755);
  for (const name of ['etc', 'queue', 'data', 'mail']) mkdirSync(join(folder, name), { mode: 0o755 });
  writeFileSync(join(folder, 'etc', 'main.cf'), renderMainCf(config));
  writeFileSync(join(folder, 'etc', 'master.cf'), renderMasterCf());
  chownSync(join(folder, 'mail'), config.mailboxUid, config.mailboxGid);
  const id = (await runToEnd('id', ['-u', 'postfix'])).stdout().trim();
  chownSync(join(folder, 'data'), Number(id), 0);
}

/** The resolver's address can only be told by resolv.conf, so the master and its children get a view of the files in which that is ours. */
function startMaster(config: string, folder: string, resolver: string | undefined): Promise<RunningProgram> {
  if (resolver === undefined) return runToEnd('postfix', ['-c', config, 'start']);
  const file = join(folder, 'etc', 'resolv.conf');
  writeFileSync(file, `nameserver ${resolver}\noptions timeout:2 attempts:2\n`);
  const script = 'mount --bind "$1" /etc/resolv.conf && exec postfix -c "$2" start';
  return runToEnd('unshare', ['--mount', 'sh', '-c', script, 'sh', file, config]);
}

/** `stop` first; a master that does not listen is killed, and its children with it: they are one process group. */
async function stopMaster(config: string, folder: string): Promise<void> {
  const pid = Number(readOrEmpty(join(folder, 'queue', 'pid', 'master.pid')).trim());
  const stop = await runToEnd('postfix', ['-c', config, 'stop']);
  if (stop.ending() === 0 || !(pid > 1)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It had not started, or it is gone.
  }
}

async function send(
  config: string,
  folder: string,
  message: string,
  envelope: { readonly from: string; readonly to: readonly string[] },
): Promise<void> {
  // sendmail reads lines that end as the system's do, from a file because nobody writes to its input here.
  const file = join(folder, 'outgoing');
  writeFileSync(file, message.replaceAll('\r\n', '\n'), 'latin1');
  const script = 'config=$1 from=$2 file=$3; shift 3; exec sendmail -C "$config" -B 8BITMIME -i -f "$from" -- "$@" < "$file"';
  const run = await runToEnd('sh', ['-c', script, 'sh', config, envelope.from, file, ...envelope.to]);
  if (run.ending() !== 0) throw new Error(`sendmail: ${run.stderr()}`);
}

function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path).map((name) => readFileSync(join(path, name), 'latin1'));
  } catch {
    // Nothing was delivered yet.
    return [];
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
