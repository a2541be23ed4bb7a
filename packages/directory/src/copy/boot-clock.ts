import { readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';

/** A clock that all processes of a machine share, that nobody sets, and that goes on while the machine is suspended. */
export interface BootClock {
  /** Tells its readings from those of another start of the machine, and of another container. */
  readonly id: string;
  /** Milliseconds since the machine started, to a hundredth of a second. */
  ms(): number;
}

/** Milliseconds for which a reading is carried on with the clock of the process: reading it anew costs tens of microseconds. */
const CARRIED_MS = 250;

/** A suspended machine stops the clock of the process, and not the time of day: by this many milliseconds apart, it is read anew. */
const APART_MS = 50;

/** That of the system. */
export function createBootClock({
  monotonicMs = () => performance.now(),
  wallMs = () => Date.now(),
  readMs = () => uptime() * 1000,
} = {}): BootClock {
  let last: { readonly bootMs: number; readonly monotonicMs: number; readonly wallMs: number } | undefined;
  return {
    id: readId(),
    ms: () => {
      const [monotonic, wall] = [monotonicMs(), wallMs()];
      const sinceMs = last === undefined ? 0 : monotonic - last.monotonicMs;
      if (last === undefined || sinceMs > CARRIED_MS || Math.abs(wall - last.wallMs - sinceMs) > APART_MS) {
        last = { bootMs: readMs(), monotonicMs: monotonic, wallMs: wall };
        return last.bootMs;
      }
      return last.bootMs + sinceMs;
    },
  };
}

/** The start of the machine, and the container: a container may count from its own start. Where the system tells neither, the milliseconds alone count. */
function readId(): string {
  return [() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), () => readlinkSync('/proc/self/ns/pid')]
    .map(orNothing)
    .join(' ');
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
