import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { canConnect } from './can-connect.ts';
import { DOMAIN, type Ground, makeServerFolder, type Peer, queueIsEmpty, type RunningServer } from './server.ts';

const VERSION = '3.1.1';
/** Kept between runs: it is some 40 MB of packages. */
const FOLDER = join(ROOT, 'var', 'haraka', VERSION);
const PACKAGE = join(FOLDER, 'node_modules', 'Haraka');
/** Versions that the npm registry has of what Haraka's dependencies ask for. */
const MANIFEST = {
  name: 'haraka-of-the-benchmark',
  version: '1.0.0',
  private: true,
  dependencies: { Haraka: VERSION },
  overrides: { 'encoding-japanese': '2.2.0', libqp: '2.1.1', libbase64: '1.3.0', libmime: '5.3.7' },
};

/** Haraka as its users run it before a mailbox store: the message is forwarded while the client waits. */
export function harakaForward(): Peer {
  return {
    id: 'haraka',
    title: `Haraka ${VERSION}: forward in the session`,
    configuration: configurationText('rcpt_to.in_host_list\nqueue/smtp_forward', 'smtp_forward.ini: host=127.0.0.1 port=SINK'),
    start: (ground) =>
      start(ground, 'forward', 'rcpt_to.in_host_list\nqueue/smtp_forward', {
        'smtp_forward.ini': `host=127.0.0.1\nport=${ground.smtpSink}\n`,
      }),
  };
}

/** Haraka with its queue on disk, from which it delivers by LMTP. */
export function harakaQueue(): Peer {
  return {
    id: 'haraka-queue',
    title: `Haraka ${VERSION}: queue, then LMTP`,
    configuration: configurationText('rcpt_to.in_host_list\nqueue/lmtp', 'lmtp.ini: host=127.0.0.1 port=SINK'),
    start: (ground) =>
      start(ground, 'queue', 'rcpt_to.in_host_list\nqueue/lmtp', { 'lmtp.ini': `host=127.0.0.1\nport=${ground.lmtpSink}\n` }),
  };
}

function configurationText(plugins: string, more: string): string {
  return `plugins: ${plugins.replace('\n', ', ')}\nhost_list: ${DOMAIN}\nsmtp.ini: nodes=(one for each core)\nlog.ini: level=error\n${more}`;
}

async function start(ground: Ground, name: string, plugins: string, more: Readonly<Record<string, string>>): Promise<RunningServer> {
  await install(ground);
  const port = await findFreePort();
  const folder = makeServerFolder(ground, `haraka-${name}`);
  const config = join(folder, 'config');
  const queue = join(folder, 'queue');
  for (const path of [config, queue]) mkdirSync(path, { recursive: true });
  const files = {
    plugins: `tls\n${plugins}\n`,
    host_list: `${DOMAIN}\n`,
    'smtp.ini': `listen=127.0.0.1:${port}\nnodes=${ground.processes}\n`,
    'log.ini': 'level=error\n',
    'tls.ini': `key=${ground.tls.key}\ncert=${ground.tls.cert}\n[outbound]\nrequireTLS=false\n`,
    // A file of ours replaces all of theirs: this is theirs with another size.
    'connection.ini': readFileSync(join(PACKAGE, 'config', 'connection.ini'), 'utf8').replace(/^;?bytes *=.*/mu, 'bytes=110000000'),
    me: 'mx.test\n',
    ...more,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(config, file), text);
  // Its processes are those of node:cluster; it runs on the Node that runs us.
  const program = startProgram('env', [`HARAKA=${folder}`, process.execPath, join(PACKAGE, 'bin', 'haraka'), '-c', folder]);
  const explain = () => `${program.stdout().slice(-2_000)}${program.stderr().slice(-2_000)}`;
  try {
    await canConnect(port, explain);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return {
    port,
    pid: program.pid,
    settled: () => queueIsEmpty(queue),
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  };
}

async function install({ say }: Ground): Promise<void> {
  if (existsSync(join(PACKAGE, 'package.json'))) return;
  say(`installing Haraka ${VERSION} from npm into ${FOLDER}, once ...`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(MANIFEST));
  const npm = startProgram('npm', ['install', '--omit=optional', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: FOLDER });
  if ((await npm.ended) !== 0) throw new Error(`npm install of Haraka: ${npm.stderr().slice(-2_000)}`);
}
