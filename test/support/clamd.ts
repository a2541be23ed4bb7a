import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClamdSettings, commandClamd, findFreePort, startClamd as startIn, writeSignatures } from '@vratny/daemons';
import type { ClamdAddress } from '@vratny/scanner/clamd';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** A clamd of our own, with the configuration that we ship and signatures of its own. */
export interface Clamd extends AsyncDisposable {
  readonly tcp: ClamdAddress;
  readonly unix: ClamdAddress;
  /** Where its signatures are; it reads them again on `RELOAD`. */
  readonly signatures: string;
  readonly log: () => string;
  readonly pid: () => number;
  /** Sends one of clamd's simple commands (`PING`, `RELOAD`) and returns its reply. */
  command(name: string): Promise<string>;
  /** SIGKILL, in the midst of whatever it does. */
  kill(): Promise<void>;
  /** Starts it again after {@link Clamd.kill}. */
  restart(): Promise<void>;
}

/** Starts one; `settings` replace lines of its configuration. */
export async function startClamd(settings: ClamdSettings = {}): Promise<Clamd> {
  const folder = makeTemporaryFolder('clamd');
  const inFolder = (name: string) => join(folder.path, name);
  const unix = { kind: 'unix', path: inFolder('clamd.ctl') } as const;
  const tcp = { kind: 'tcp', host: '127.0.0.1', port: await findFreePort() } as const;
  const signatures = inFolder('signatures');
  chmodSync(folder.path, 0o755);
  writeSignatures(signatures);
  const start = () => startIn({ folder: folder.path, listen: [unix, tcp], signatures, settings });
  try {
    let program = await start();
    const kill = async () => {
      program.signal('SIGKILL');
      await program.ended;
    };
    return {
      tcp,
      unix,
      signatures,
      kill,
      log: () => readFileSync(inFolder('clamd.log'), 'utf8'),
      pid: () => program.pid,
      command: (name) => commandClamd(unix, name),
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
