import { join } from 'node:path';
import { type RunningProgram, startProgram } from '@vratny/daemons';
import { START_MS } from './limits.ts';
import { waitFor } from './wait-for.ts';

export type { RunningProgram };

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '..', '..');

const MAIN = join(ROOT, 'cmd', 'mx', 'src', 'main.ts');

/** A running mx. */
export interface RunningMx extends RunningProgram {
  /** Of its first socket. */
  readonly port: number;
  /** Journal lines so far, parsed. */
  journal(): readonly unknown[];
}

/** Which host to be, out of which site file. */
export interface MxOptions {
  readonly siteFile: string;
  /** `a10`, `d10`, ...: `a10` unless told. */
  readonly host?: string;
  readonly workers?: number;
  /** `127.0.0.1:0` unless told: any free port. */
  readonly listen?: string;
  /** Arguments as they are; an option that they name is not given a second time. */
  readonly more?: readonly string[];
  /** Besides what this process has. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A program with its arguments that becomes mx: `prlimit`, `setpriv`. */
  readonly by?: readonly string[];
}

/** The command line of mx. */
export function mxArguments({ siteFile, host = 'a10', workers = 1, listen = '127.0.0.1:0', more = [] }: MxOptions): readonly string[] {
  const role = host.endsWith('20') ? 'secondary' : 'primary';
  const asHost = more.includes('--host') || more.includes('--policy') ? [] : ['--policy', host.slice(0, 1), '--role', role];
  const usual = Object.entries({ '--listen': listen, '--workers': String(workers) }).filter(([name]) => !more.includes(name));
  return [MAIN, '--config', siteFile, ...asHost, ...usual.flat(), ...more];
}

/** Starts mx without waiting for anything. */
export function spawnMx(options: MxOptions): RunningProgram {
  const variables = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  // env(1) becomes mx: the process id is that of mx.
  return startProgram('env', [...variables, ...(options.by ?? []), process.execPath, ...mxArguments(options)]);
}

/** Starts mx and waits until it says that it listens. Rejects with what it wrote when it ends instead. */
export async function startMx(options: MxOptions): Promise<RunningMx> {
  const program = spawnMx(options);
  try {
    return await untilListening(program);
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** Waits until mx says that it listens. Rejects with what it wrote when it ends instead. */
export async function untilListening(program: RunningProgram): Promise<RunningMx> {
  const explain = () => `exit: ${program.ending() ?? 'still running'}\nstdout: ${program.stdout()}\nstderr: ${program.stderr()}`;
  const port = await waitFor(
    'mx listens',
    () => {
      if (program.ending() !== undefined) throw new Error(`mx ended before it listened\n${explain()}`);
      return readPort(program.stdout());
    },
    { deadlineMs: START_MS, explain },
  );
  return { ...program, port, journal: () => parseLines(program.stderr()) };
}

function readPort(stdout: string): number | undefined {
  const digits = /^listening on 127\.[\d.]+:(\d+)$/mu.exec(stdout)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Lines that are not JSON are kept as strings: they are what went wrong. */
function parseLines(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => {
      try {
        return JSON.parse(line);
      } catch {
        return line;
      }
    });
}
