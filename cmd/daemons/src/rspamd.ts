import { appendFileSync, copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cancellation } from '@vratny/waiting';
import { findProgram } from './find-program.ts';
import { waitUntilServing } from './keep-daemon.ts';
import { PING_MS } from './limits.ts';
import { type RunningProgram, startProgram } from './running-program.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', '..', 'deploy', 'rspamd');
/** Where Debian's package has the part that we do not ship. */
const PACKAGED = '/etc/rspamd/rspamd.conf';

/** An rspamd in a folder of its own, with the configuration that we ship, without the network. */
export interface RspamdFolder {
  /**
   * It holds the configuration, what rspamd compiles, and the log (`rspamd.log`); made when it is missing. An absolute
   * path.
   */
  readonly folder: string;
  /** Where it listens: `http://HOST:PORT`. */
  readonly url: string;
  /** Lines of its section `options` that win over all others. */
  readonly options?: string;
  /** Lua behind that of `rspamd.local.lua`: rules of a test. */
  readonly lua?: string;
  /** Ends the waiting for it, and then it as well. */
  readonly signal?: Cancellation;
}

/** Starts one; resolves when it serves. Rejects when it does not, with its log in the message. */
export async function startRspamd({ folder, url, options = '', lua = '', signal }: RspamdFolder): Promise<RunningProgram> {
  writeConfiguration(folder, new URL(url), options);
  appendFileSync(join(folder, 'rspamd.local.lua'), lua);
  const variables = [
    ['LOCAL_CONFDIR', folder],
    ['RUNDIR', join(folder, 'run')],
    ['DBDIR', join(folder, 'db')],
    ['LOGDIR', folder],
  ].flatMap(([name, path]) => ['--var', `${name}=${path}`]);
  // --insecure: it stays who we are, be it root.
  const program = startProgram(findProgram('rspamd') ?? 'rspamd', ['--no-fork', '--insecure', '--config', PACKAGED, ...variables]);
  return waitUntilServing({ name: 'rspamd', program, serves: () => pingRspamd(url), logFile: join(folder, 'rspamd.log'), signal });
}

/** True when an rspamd answers there within two seconds. Never rejects. */
export async function pingRspamd(url: string): Promise<boolean> {
  const answer = fetch(new URL('/ping', url), { signal: AbortSignal.timeout(PING_MS) });
  const text = await answer.then((response) => response.text()).catch(() => '');
  return text.trim() === 'pong';
}

function writeConfiguration(folder: string, { host }: URL, options: string): void {
  const inFolder = (name: string) => join(folder, name);
  // What was written for an earlier start would be appended to.
  for (const name of ['local.d', 'override.d', 'rspamd.log']) rmSync(inFolder(name), { recursive: true, force: true });
  for (const name of ['run', 'db']) mkdirSync(inFolder(name), { recursive: true });
  cpSync(join(DEPLOY, 'local.d'), inFolder('local.d'), { recursive: true });
  copyFileSync(join(DEPLOY, 'rspamd.local.lua'), inFolder('rspamd.local.lua'));
  cpSync(join(DEPLOY, 'offline'), folder, { recursive: true });
  const override = (name: string, text: string) => appendFileSync(join(folder, 'override.d', name), `${text}\n`);
  override('worker-normal.inc', `bind_socket = "${host}"; count = 1;`);
  override('logging.inc', `type = "file"; filename = "${inFolder('rspamd.log')}"; level = "info";`);
  override('options.inc', options);
}
