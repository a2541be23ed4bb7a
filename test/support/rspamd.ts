import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, startRspamd as startIn } from '@vratny/daemons';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** An rspamd of our own, with the configuration that we ship, without the network. */
export interface Rspamd extends AsyncDisposable {
  readonly url: string;
  /** Everything that it has logged since its last start. */
  readonly log: () => string;
  /** SIGKILL to all of its processes. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Starts one; `options` are lines of its section `options` that win over all others, `lua` are further rules. */
export async function startRspamd(options = '', lua = ''): Promise<Rspamd> {
  const folder = makeTemporaryFolder('rspamd');
  const url = `http://127.0.0.1:${await findFreePort()}`;
  chmodSync(folder.path, 0o755);
  const start = () => startIn({ folder: folder.path, url, options, lua });
  try {
    let program = await start();
    const kill = async () => {
      // The process group, because its workers would go on serving.
      process.kill(-program.pid, 'SIGKILL');
      await program.ended;
    };
    return {
      url,
      log: () => readFileSync(join(folder.path, 'rspamd.log'), 'utf8'),
      kill,
      restart: async () => {
        program = await start();
      },
      [Symbol.asyncDispose]: async () => {
        await program.stop();
        folder.remove();
      },
    };
  } catch (error) {
    folder.remove();
    throw error;
  }
}
