/** A program and its arguments. */
export interface ReaderCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Descriptors: a dozen of Node's own, the pipes, two files. Node's event loop starts with about 25. */
const DESCRIPTORS = 64;
/** A reader is replaced after 25 s of CPU time; what uses more hangs, and its parent may be gone. */
const CPU_SECONDS = 60;

/**
 * Wraps a reader's program into bounds that the kernel keeps even when the parent is dead: no core files (they would
 * hold mail), few descriptors, CPU time (its end is a signal of its own, SIGXCPU). Address space is not bounded:
 * WebAssembly reserves gigabytes that it never uses.
 */
export function readerCommand(program: string, args: readonly string[]): ReaderCommand {
  const script = `ulimit -c 0 && ulimit -n ${DESCRIPTORS} && ulimit -S -t ${CPU_SECONDS} && ulimit -H -t ${CPU_SECONDS + 5} && exec "$0" "$@"`;
  return { command: '/bin/sh', args: ['-c', script, program, ...args] };
}
