import { openSqliteRegister } from '@vratny/directory/sqlite';
import { isStopped } from '../harness/process-state.ts';
import type { RunningProgram } from '../harness/running-program.ts';
import { waitFor } from '../harness/wait-for.ts';
import { startWorldHost } from '../harness/world-host.ts';
import { serveWorld } from './served.ts';
import type { Connection, Served } from './transport.ts';

/** The real program as one host of the world, on a free port. */
export async function openBinary(host: string): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const { mx, site } = stack.use(await startWorldHost({ host }));
  const opening = openSqliteRegister({ path: site.directoryFile, now: () => new Date() });
  const register = stack.adopt(await opening, (one) => one.close());
  const transport = await serveWorld({ host, port: mx.port, mailFolder: site.mailFolder, register, held: (work) => held(mx, work) });
  const owned = stack.move();
  return { ...transport, close: () => owned.disposeAsync() };
}

/** The primary accepts; while it is stopped the kernel completes connections and keeps what clients write. */
async function held(mx: RunningProgram, work: () => Promise<Connection>): Promise<Connection> {
  mx.signal('SIGSTOP');
  try {
    await waitFor('the primary stands still', () => (isStopped(mx.pid) ? true : undefined));
    return await work();
  } finally {
    mx.signal('SIGCONT');
  }
}
