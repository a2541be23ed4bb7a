/** The hidden subcommand of a worker: the same program, so that one file is enough. */
export const WORKER_COMMAND = 'worker';

/** The hidden subcommand of an archive reader; its argument is a folder for temporary files. */
export const READER_COMMAND = 'archive-reader';

/** The hidden subcommand of the process that keeps the local copy of the directory. */
export const COPY_WRITER_COMMAND = 'copy-writer';

/** True in a process that the primary started. */
export function isWorker(argv: readonly string[]): boolean {
  return argv[0] === WORKER_COMMAND && process.send !== undefined;
}

/** The file of this program. */
export function programFile(): string {
  return process.argv[1] ?? '';
}

/** Where a worker finds the file in which it notes its messages: behind standard input and outputs, and the channel to the primary. */
export const ACTIVITY_DESCRIPTOR = 4;

/** Where a worker finds the sockets on which it listens, by the number of them that its argument says. */
export function socketDescriptors(argv: readonly string[]): readonly number[] {
  return Array.from({ length: Number(argv[1] ?? 0) }, (_, i) => ACTIVITY_DESCRIPTOR + 1 + i);
}
