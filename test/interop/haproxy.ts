import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findFreePort, startProgram } from '@vratny/daemons';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';

/** A load balancer before one server. */
export interface Haproxy extends AsyncDisposable {
  /** Where it listens on 127.0.0.1 and ::1, by the name of the list of options. */
  readonly ports: ReadonlyMap<string, number>;
  /** What it says of the server's health behind the port of that name, as `UP L7OK`. */
  health(name: string): Promise<string>;
  readonly log: () => string;
}

/** Starts one with a port for each list of server options; connections come to the server from 127.0.0.1. */
export async function startHaproxy(serverPort: number, options: Readonly<Record<string, string>>): Promise<Haproxy> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(makeTemporaryFolder('haproxy'), (one) => one.remove());
  const ports = new Map<string, number>();
  for (const name of Object.keys(options)) ports.set(name, await findFreePort());
  const socket = join(folder.path, 'stats');
  const file = join(folder.path, 'haproxy.cfg');
  writeFileSync(
    file,
    renderConfig(
      socket,
      serverPort,
      [...ports].map(([name, port]) => ({ name, port, options: options[name] ?? '' })),
    ),
  );
  const program = stack.adopt(startProgram('haproxy', ['-db', '-f', file]), async (one) => void (await one.stop()));
  const log = () => `${program.stdout()}${program.stderr()}`;
  const health = async (name: string) => readHealth(await askStatistics(socket), name);
  await waitFor('HAProxy listens', () => askStatistics(socket).catch(() => undefined), { explain: log });
  const owned = stack.move();
  return { ports, health, log, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Listener {
  readonly name: string;
  readonly port: number;
  readonly options: string;
}

function renderConfig(socket: string, serverPort: number, listeners: readonly Listener[]): string {
  const sections = listeners.map(
    ({ name, port, options }) => `listen ${name}
  bind 127.0.0.1:${port}
  bind [::1]:${port}
  option smtpchk EHLO check.test
  server mx 127.0.0.1:${serverPort} ${options}
`,
  );
  return `global
  stats socket ${socket} mode 600
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${sections.join('')}`;
}

function askStatistics(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => socket.write('show stat\n'));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });
}

/** The table's first line names its columns. */
function readHealth(table: string, name: string): string {
  const [head = [], ...rows] = table.split('\n').map((line) => line.replace(/^# /u, '').split(','));
  const row = rows.find((cells) => cells[0] === name && cells[1] === 'mx') ?? [];
  const cell = (column: string) => row[head.indexOf(column)] ?? '';
  return `${cell('status')} ${cell('check_status')}`;
}
