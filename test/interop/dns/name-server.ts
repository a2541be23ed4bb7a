import { type RunningProgram, startProgram } from '@vratny/daemons';
import { createSystemDns } from '@vratny/dns/system';
import { waitFor } from '@vratny/support/wait-for';

/** A name server of a test, as a program of its own that can be taken away and brought back. */
export interface NameServer extends AsyncDisposable {
  /** `ip:port` */
  readonly address: string;
  /** Starts it again, with what its files say now. */
  start(): Promise<void>;
  /** Ends it: questions reach nobody. */
  stop(): Promise<void>;
  /** SIGSTOP: questions are taken and never answered. SIGCONT ends it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void;
  readonly log: () => string;
}

/** How to start one, and what it must answer before it counts as started. */
export interface NameServerOptions {
  readonly address: string;
  readonly command: string;
  readonly args: readonly string[];
  /** A name with an A record. */
  readonly sign: string;
  /** Takes away its files. */
  readonly remove: () => void;
}

/** Starts one, and waits until it answers. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const { address, command, args, sign, remove } = options;
  let program: RunningProgram | undefined;
  const log = () => `${program?.stdout() ?? ''}${program?.stderr() ?? ''}`;
  const stop = async () => {
    // A stopped process hears no SIGTERM.
    program?.signal('SIGCONT');
    await program?.stop();
    program = undefined;
  };
  const start = async () => {
    const started = startProgram(command, args);
    program = started;
    const dns = createSystemDns({ servers: [address], timeoutMs: 500 });
    await waitFor(
      `${command} answers`,
      async () => {
        if (started.ending() !== undefined) throw new Error(`${command} ended: ${log()}`);
        return (await dns.lookup(sign, 'A')).kind === 'found' ? true : undefined;
      },
      { explain: log },
    );
  };
  const dispose = async () => {
    await stop();
    remove();
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { address, start, stop, log, signal: (signal) => program?.signal(signal), [Symbol.asyncDispose]: dispose };
}
