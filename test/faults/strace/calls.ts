import type { ThreadRole } from './threads.ts';

/** One system call of a delivery, in the order in which they began. */
export interface Call {
  readonly thread: ThreadRole;
  readonly name: string;
  /** The how many-th of this name in this thread, from 1: what `when=` of strace counts. */
  readonly nth: number;
  /** Arguments as strace wrote them, without result. */
  readonly text: string;
}

/** Reads the log of `strace -f -y` over a worker whose main thread is `pid` and whose thread for files is `files`. */
export function parseCalls(log: string, pid: number, files: number): readonly Call[] {
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const line of log.split('\n')) {
    const [, tid, name, text] = /^(\d+)\s+([a-z]\w*)\((.*)$/u.exec(line) ?? [];
    if (tid === undefined || name === undefined || text === undefined) continue;
    const thread = Number(tid) === pid ? 'main' : Number(tid) === files ? 'files' : undefined;
    if (thread === undefined) continue;
    const nth = (counts.get(`${thread} ${name}`) ?? 0) + 1;
    counts.set(`${thread} ${name}`, nth);
    calls.push({ thread, name, nth, text });
  }
  return calls;
}

/** Calls by which threads of one process wake each other, and the log: neither files of a delivery nor its network. */
export function isInternal({ name, text }: Pick<Call, 'name' | 'text'>): boolean {
  return (
    /^\d+<(?:anon_inode:\[eventfd\]|pipe:|anon_inode:\[io_uring\])/u.test(text) ||
    /^(?:mmap|ioctl|fcntl|lseek|fstat)$/u.test(name) ||
    /^2</u.test(text)
  );
}

/** True when a call that strace wrote down is of the same kind as a recorded one: the same name, and the same sort of file or first word. */
export function looksLike({ name, text }: Call, hit: string | undefined): boolean {
  return hit?.startsWith(`${name}(`) === true && kindOf(name, hit.slice(name.length + 1)) === kindOf(name, text);
}

function kindOf(name: string, text: string): string {
  const target = /^\d+<([a-z]*:?)/u.exec(text)?.[1] ?? '';
  // A read that never came back has read nothing.
  const word = name === 'read' ? '' : (/^\d+<[^>]*>, "([A-Za-z0-9]{1,3})/u.exec(text)?.[1] ?? '');
  return `${target} ${word}`;
}

/** A call with its place, short enough for a table. */
export function describeCall({ thread, name, nth, text }: Call): string {
  const about = /"([^"]*)"/u.exec(text)?.[1] ?? /<([^>]*)>/u.exec(text)?.[1] ?? '';
  return `${thread} ${name} ${nth} ${about.split('/').filter(Boolean).slice(-3).join('/')}`.trimEnd();
}
