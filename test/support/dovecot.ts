import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProgram, startProgram } from '@vratny/daemons';
import { findFreePorts } from './free-ports.ts';
import { fetchInbox } from './imap.ts';
import { START_MS } from './limits.ts';
import { ROOT } from './mx.ts';
import { runToEnd } from './running-program.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

/** A mailbox of the store. */
export interface DovecotUser {
  /** `local@domain`. */
  readonly address: string;
  /** Undefined is without limit. */
  readonly quotaBytes?: number;
}

/** A Dovecot of our own, beside the machine's, with the configuration that we ship. It is started by `start`, not before. */
export interface Dovecot extends AsyncDisposable {
  readonly lmtpPort: number;
  readonly lmtpSocket: string;
  readonly imapPort: number;
  /** Starts it, again too, and waits until LMTP and IMAP answer. */
  start(): Promise<void>;
  /** SIGTERM to the master, which ends what runs. */
  stop(): Promise<void>;
  /** SIGKILL to all of its processes at once. */
  kill(): Promise<void>;
  /** The messages of a mailbox as IMAP gives them, oldest first, as octets in latin1: lines end in CRLF. */
  inbox(address: string): Promise<readonly string[]>;
  /** Runs a command of doveadm and returns what it printed. */
  doveadm(args: readonly string[]): Promise<string>;
  readonly log: () => string;
}

/** What a test may want otherwise. */
export interface DovecotOptions {
  readonly users: readonly DovecotUser[];
  /** Where quota_clone writes, an SQLite file with the table of `deploy/dovecot`; undefined switches the plugin off. */
  readonly quotaDatabase?: string;
  /** More configuration; wins over ours. */
  readonly extra?: string;
}

const PASSWORD = 'secret';
/** Debian's nobody and nogroup own the mailboxes. */
const OWNER = 65534;
const SHIPPED = join(ROOT, 'deploy', 'dovecot');

/** Makes an instance in a temporary folder, on free ports; needs root. Disposing it ends its processes and takes away its files. */
export async function makeDovecot(options: DovecotOptions): Promise<Dovecot> {
  const folder = makeTemporaryFolder('dovecot');
  const [lmtpPort = 0, imapPort = 0] = await findFreePorts(2);
  const config = writeInstance(folder.path, { ...options, lmtpPort, imapPort });
  const log = () => readOrEmpty(join(folder.path, 'log'));
  let program: RunningProgram | undefined;
  const stop = async () => {
    await program?.stop();
    program = undefined;
  };
  return {
    lmtpPort,
    imapPort,
    lmtpSocket: join(folder.path, 'run', 'lmtp'),
    log,
    stop,
    async start() {
      const started = startProgram('dovecot', ['-F', '-c', config]);
      program = started;
      const explain = () => `${started.stdout()}${started.stderr()}${log()}`;
      await waitFor('Dovecot answers', () => answers(started, imapPort, options.users[0]?.address ?? ''), {
        deadlineMs: START_MS,
        explain,
      });
    },
    async kill() {
      if (program === undefined) return;
      process.kill(-program.pid, 'SIGKILL');
      await program.ended;
      program = undefined;
    },
    inbox: (address) => fetchInbox({ port: imapPort, user: address, password: PASSWORD }),
    doveadm: async (args) => (await runToEnd('doveadm', ['-c', config, ...args])).stdout(),
    async [Symbol.asyncDispose]() {
      await stop();
      folder.remove();
    },
  };
}

async function answers(program: RunningProgram, imapPort: number, user: string): Promise<true | undefined> {
  if (program.ending() !== undefined) throw new Error(`Dovecot ended with ${program.ending()}: ${program.stderr()}`);
  try {
    await fetchInbox({ port: imapPort, user, password: PASSWORD });
    return true;
  } catch {
    return undefined;
  }
}

/** Returns the path of the configuration. */
function writeInstance(folder: string, options: DovecotOptions & { readonly lmtpPort: number; readonly imapPort: number }): string {
  const { users, quotaDatabase, lmtpPort, imapPort, extra = '' } = options;
  // Its processes give up root before they reach their files.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'mail'));
  chownSync(join(folder, 'mail'), OWNER, OWNER);
  writeFileSync(join(folder, 'users'), users.map(passwdLine).join(''));
  const dictionary = readFileSync(join(SHIPPED, 'quota-used.conf.ext'), 'utf8').replace(/^connect = .*$/mu, `connect = ${quotaDatabase}`);
  writeFileSync(join(folder, 'quota-used.conf.ext'), dictionary);
  const config = join(folder, 'dovecot.conf');
  // The shipped file as it is; what a site would put into its local.conf comes after it.
  const local = `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_uid = ${OWNER}
mail_gid = ${OWNER}
mail_home = ${folder}/mail/%d/%n
passdb {
  driver = passwd-file
  args = username_format=%Lu ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%Lu ${folder}/users
}
service lmtp {
  process_min_avail = 1
  inet_listener lmtp {
    port = ${lmtpPort}
  }
}
service imap-login {
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
dict {
  quota_used = sqlite:${folder}/quota-used.conf.ext
}
service dict {
  user = root
  unix_listener dict {
    group = nogroup
  }
}
${quotaDatabase === undefined ? 'plugin {\n  quota_clone_dict =\n}\n' : ''}${extra}`;
  writeFileSync(config, `!include ${SHIPPED}/dovecot.conf\n${local}`);
  return config;
}

function passwdLine({ address, quotaBytes }: DovecotUser): string {
  const rule = quotaBytes === undefined ? '' : `userdb_quota_rule=*:bytes=${quotaBytes}`;
  return `${address}:{PLAIN}${PASSWORD}::::::${rule}\n`;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
