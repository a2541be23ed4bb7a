import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import type { Letter } from '@vratny/hosts';
import { mxArguments } from '@vratny/support/mx';
import { waitFor } from '@vratny/support/wait-for';
import { stringify } from 'yaml';
import { DOMAIN, type Ground, makeServerFolder, type Peer, RECIPIENT, type RunningServer, START_MS } from './server.ts';

/** Where a host of ours delivers to, and what else a row changes in its site file. */
export interface VratnyOptions {
  readonly letter: Letter;
  /** Of the site file; the LMTP sink when left out. */
  readonly delivery?: string;
  /** `tcp://HOST:PORT` of clamd, for policies that scan. */
  readonly clamd?: string;
  /** Clients at once, where they are more than the default. */
  readonly connections?: number;
  /** It keeps a history. */
  readonly history?: boolean;
}

/** A primary host with the site file's defaults but for addresses, delivery and the limits of one client address. */
export function vratny(options: VratnyOptions): Peer {
  const { letter } = options;
  return {
    id: `vratny-${letter}${options.history === true ? '-history' : ''}`,
    title: `Vratny: policy ${letter}${options.delivery === undefined ? '' : ', Maildir'}${options.history === true ? ', with a history' : ''}`,
    configuration: stringify(
      siteOf(options, { tls: { cert: 'cert.pem', key: 'key.pem' }, resolver: '127.0.0.1:RESOLVER' }, 'lmtp://127.0.0.1:SINK'),
    ),
    start: (ground) => start(ground, options),
  };
}

function siteOf(
  { clamd, connections, history }: VratnyOptions,
  { tls, resolver }: Pick<Ground, 'tls' | 'resolver'>,
  delivery: string,
): object {
  return {
    cluster: { domain: DOMAIN },
    limits: { connectionsPerIp: 1_000, ...(connections === undefined ? {} : { connections }) },
    dns: { servers: [resolver] },
    tls,
    delivery,
    ...(history === true ? { history: { url: 'sqlite:./history' } } : {}),
    ...(clamd === undefined ? {} : { antivirus: { clamd: [clamd] } }),
  };
}

async function start(ground: Ground, options: VratnyOptions): Promise<RunningServer> {
  const { letter, delivery = `lmtp://127.0.0.1:${ground.lmtpSink}` } = options;
  const folder = makeServerFolder(ground, `vratny-${letter}`);
  mkdirSync(join(folder, 'mail'), { recursive: true });
  const siteFile = join(folder, 'site.yaml');
  writeFileSync(siteFile, stringify(siteOf(options, ground, delivery)));
  const register = await openSqliteRegister({ path: join(folder, 'directory.db'), now: () => new Date() });
  try {
    await register.addDomain(DOMAIN, letter, 'bench');
    await register.addMailbox(RECIPIENT, {}, 'bench');
  } finally {
    await register.close();
  }
  // A file, as the peers write theirs.
  const journal = join(folder, 'journal.log');
  const journalFile = openSync(journal, 'a');
  const args = mxArguments({ siteFile, host: `${letter}10`, workers: ground.processes });
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', journalFile], detached: true });
  closeSync(journalFile);
  const exited = once(child, 'exit');
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => (said += piece));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  const explain = () => `${said}${readFileSync(journal, 'utf8').slice(-2_000)}`;
  const port = await waitFor('mx listens', () => portIn(said), { deadlineMs: START_MS, explain }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    port,
    pid: child.pid ?? 0,
    // What was answered with 250 has been delivered.
    settled: () => Promise.resolve(),
    [Symbol.asyncDispose]: stop,
  };
}

function portIn(text: string): number | undefined {
  const digits = /^listening on 127\.0\.0\.1:(\d+)$/mu.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
