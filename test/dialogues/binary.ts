import type { RunningProgram } from '@vratny/daemons';
import { openSqliteRegister } from '@vratny/directory/sqlite';
import type { Served } from '@vratny/support/dialogue/transport';
import { isStopped } from '@vratny/support/process-state';
import type { SmtpClient } from '@vratny/support/smtp-client';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost } from '@vratny/support/world-host';
import { serveWorld } from './served.ts';

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
async function held(mx: RunningProgram, work: () => Promise<SmtpClient>): Promise<SmtpClient> {
  mx.signal('SIGSTOP');
  try {
    await waitFor('the primary stands still', () => (isStopped(mx.pid) ? true : undefined));
    return await work();
  } finally {
    mx.signal('SIGCONT');
  }
}
