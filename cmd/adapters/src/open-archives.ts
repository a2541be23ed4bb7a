import { spawn } from 'node:child_process';
import type { Archives } from '@vratny/archive';

/**
 * One batch of a message's parts, from its first byte to the last answer. Above the reader's own budget of time, below
 * that of the whole message.
 */
const DEADLINE_MS = 30_000;

/** What a reader may hold: WASM, one archive's directory, and the answers of a batch. Usual archives need a tenth. */
const RESIDENT_MAX_BYTES = 640 * 1024 * 1024;

/** Readers of one worker; they start when the first archive comes. */
const READERS = 2;

/** Archives are read by other processes: `program` with `args` is what runs `runReader`. */
export async function openArchives(program: string, args: readonly string[], onCrash: (detail: string) => void): Promise<Archives> {
  const { createProcessArchives, readerCommand } = await import('@vratny/archive/process');
  const command = readerCommand(program, args);
  return createProcessArchives({
    spawnReader: () => spawn(command.command, command.args, { stdio: ['pipe', 'pipe', 'pipe'] }),
    readers: READERS,
    deadlineMs: DEADLINE_MS,
    residentMaxBytes: RESIDENT_MAX_BYTES,
    onCrash: (fault, source) => onCrash(`${fault.kind} with ${source.name ?? 'a part without a name'}: ${fault.message}`),
  });
}
