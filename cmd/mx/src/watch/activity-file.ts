import { closeSync, existsSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Activity, MessageStage } from '@vratny/server';

/** A message that a worker was at. */
export interface Underway {
  readonly stage: MessageStage;
  readonly session: string;
  /** Undefined until all of it has come. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

/** Octets of one entry: stage, session, digest and size, as text. */
const ENTRY_BYTES = 128;

/** Messages of one worker that are written down; those beyond them are worked on all the same. */
const ENTRIES_MAX = 512;

/** Ends the text of an entry; an entry that is free begins with it. */
const END = 0;

/** The primary's side of a worker's file. */
export interface ActivityFile {
  readonly descriptor: number;
  /** What the worker was at when it wrote last. */
  read(): readonly Underway[];
  close(): void;
}

/**
 * A file without a name that a worker writes to and the primary reads when the worker is dead or silent. In memory where the system has such a file
 * system: what is written must never wait for a disk. @throws the system's error
 */
export function openActivityFile(): ActivityFile {
  const folder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const path = join(folder, `vratny-activity-${process.pid}-${performance.now()}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return { descriptor, read: () => readActivity(descriptor), close: () => closeSync(descriptor) };
}

/**
 * The worker's side of the file with this descriptor. That a message is begun to be judged is in the file before the work begins, with all that changed
 * before; everything else is written once at the end of the turn of the event loop. So a process that ends or hangs in the middle of a turn may name a message
 * that was over a moment before, and never misses the one it was at. `freeze` keeps what is there, for a worker that is about to end by its own fault.
 */
export function createActivity(file: number): Activity & { freeze(): void } {
  const notes = createNotes(file);
  const free: number[] = [];
  let used = 0;
  return {
    freeze: () => notes.freeze(),
    begin(session) {
      const at = free.pop() ?? (used < ENTRIES_MAX ? used++ : undefined);
      if (at === undefined) return { reach: () => undefined, end: () => undefined };
      let ended = false;
      notes.note(at, `receiving ${session}`);
      return {
        reach: (stage, { sha256, sizeBytes }) => {
          if (ended) return;
          notes.note(at, `${stage} ${session} ${sha256} ${sizeBytes}`);
          if (stage === 'judging') notes.write();
        },
        end: () => {
          if (ended) return;
          ended = true;
          notes.note(at, '');
          free.push(at);
        },
      };
    },
  };
}

/** Entries as they shall stand in a file, and which of them do not yet. */
function createNotes(file: number) {
  const octets = Buffer.alloc(ENTRIES_MAX * ENTRY_BYTES);
  let from = octets.length;
  let to = 0;
  let soon = false;
  let frozen = false;
  const write = () => {
    if (frozen || from >= to) return;
    try {
      writeSync(file, octets, from, to - from, from);
    } catch {
      // No room, for one: the messages are worked on without a note.
    }
    from = octets.length;
    to = 0;
  };
  return {
    write,
    note(at: number, text: string) {
      const start = at * ENTRY_BYTES;
      // What is left of a longer one stands behind an octet that no text has.
      octets[start + octets.write(text, start, ENTRY_BYTES - 1, 'latin1')] = END;
      from = Math.min(from, start);
      to = Math.max(to, start + ENTRY_BYTES);
      if (soon) return;
      soon = true;
      // Never cleared: Node loses its way when that is done while it deals with another one that threw, as `freeze` does.
      setImmediate(() => {
        soon = false;
        write();
      });
    },
    freeze() {
      write();
      frozen = true;
    },
  };
}

function readActivity(file: number): readonly Underway[] {
  const octets = Buffer.alloc(ENTRIES_MAX * ENTRY_BYTES);
  const length = readSync(file, octets, 0, octets.length, 0);
  const found: Underway[] = [];
  for (let at = 0; at < length; at += ENTRY_BYTES) {
    const [text = ''] = octets.toString('latin1', at, Math.min(length, at + ENTRY_BYTES)).split(String.fromCharCode(END), 1);
    const entry = readEntry(text);
    if (entry) found.push(entry);
  }
  return found;
}

function readEntry(text: string): Underway | undefined {
  const [stage = '', session = '', sha256, size] = text.split(' ');
  if (!isStage(stage)) return undefined;
  return sha256 === undefined ? { stage, session } : { stage, session, sha256, sizeBytes: Number(size) };
}

function isStage(text: string): text is MessageStage {
  return text === 'receiving' || text === 'judging' || text === 'delivering';
}

/** Messages that are named in one line. */
const NAMED_MAX = 3;

/** In words, those that were all there first. */
export function describeActivity(underway: readonly Underway[]): string {
  if (underway.length === 0) return 'no message was on its way';
  const known = underway.filter(({ sha256 }) => sha256 !== undefined);
  const ordered = [...known, ...underway.filter(({ sha256 }) => sha256 === undefined)];
  const named = ordered.slice(0, NAMED_MAX).map(({ stage, session, sha256, sizeBytes }) => {
    return sha256 === undefined ? `${stage} in session ${session}` : `${stage} ${sha256} of ${sizeBytes} octets in session ${session}`;
  });
  const more = ordered.length > NAMED_MAX ? [`and ${ordered.length - NAMED_MAX} more`] : [];
  return `it was ${[...named, ...more].join(', ')}`;
}
