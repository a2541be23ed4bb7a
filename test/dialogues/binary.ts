import { openSqliteRegister } from '@vratny/directory/sqlite';
import type { Served } from '@vratny/support/dialogue/transport';
import { whileStopped } from '@vratny/support/process-state';
import { startWorldHost } from '@vratny/support/world-host';
import { serveWorld } from './served.ts';

/** The real program as one host of the world, on a free port. */
export async function openBinary(host: string): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const { mx, site } = stack.use(await startWorldHost({ host }));
  const opening = openSqliteRegister({ path: site.directoryFile, now: () => new Date() });
  const register = stack.adopt(await opening, (one) => one.close());
  const transport = await serveWorld({
    host,
    port: mx.port,
    mailFolder: site.mailFolder,
    register,
    held: (work) => whileStopped(mx.pid, work),
  });
  const owned = stack.move();
  return { ...transport, close: () => owned.disposeAsync() };
}
