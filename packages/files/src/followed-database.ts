import { realpathSync, statSync, unlinkSync } from 'node:fs';

/** How a database is opened, and what is done with it. */
export interface DatabaseOptions<T> {
  readonly path: string;
  /** Opens what stands at the path now. A file that is missing is its matter: it makes one, or rejects. */
  open(): Promise<T>;
  close(opened: T): void | Promise<void>;
  /** Whether what was opened is no longer what stands at the path although the file is the same; never unless given. Never throws. */
  isOutdated?(opened: T): boolean;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicMs: () => number;
}

/** A database that is opened again when another file stands at its path. */
export interface FollowedDatabase<T> {
  /**
   * Works with the database at the path. `fresh`: with the one that is there now, not the one of up to a second ago.
   * Rejects as opening and work do, and never throws. The result is no promise when the database is open and work
   * returns none.
   */
  use<Result>(work: (opened: T) => Result | Promise<Result>, fresh?: 'fresh'): Result | Promise<Result>;
  /**
   * Whether another file, or none, stands at the path than the one that is open; true when it cannot be looked at.
   * Never throws.
   */
  isReplaced(): boolean;
  close(): Promise<void>;
}

/**
 * Milliseconds between two looks at a path while it is in use: one system call each second, however many look-ups there
 * are.
 */
const LOOK_EVERY_MS = 1_000;

/**
 * Milliseconds between two looks while it may not be in use: a program that opens a new file before all others have let
 * go of the old one meets the old one's log, and starting a program takes longer than this.
 */
const WATCH_EVERY_MS = 250;

/** A path whose file changes this often while it is opened is a fault. */
const OPEN_ATTEMPTS = 5;

interface Held<T> {
  readonly opened: T;
  readonly file: string;
  users: number;
  retired: boolean;
  closed: boolean;
}

class Followed<T> {
  readonly #options: DatabaseOptions<T>;
  readonly #companions = createCompanions();
  #held: Held<T> | undefined;
  #opening: Promise<Held<T>> | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DatabaseOptions<T>) {
    this.#options = options;
  }

  use<Result>(work: (opened: T) => Result | Promise<Result>, fresh: boolean): Result | Promise<Result> {
    if (this.#closed) return Promise.reject(new Error('closed'));
    const current = this.#current(fresh);
    if (current instanceof Promise) return current.then((one) => this.#wait(one, (opened) => work(opened)));
    try {
      const done = work(current.opened);
      // Nothing can replace the database before work that waits for nothing has ended.
      return done instanceof Promise ? this.#wait(current, () => done) : done;
    } catch (error) {
      return this.#wait(current, () => Promise.reject(error));
    }
  }

  async #wait<Result>(one: Held<T>, work: (opened: T) => Result | Promise<Result>): Promise<Result> {
    one.users += 1;
    try {
      return await work(one.opened);
    } catch (error) {
      await this.#doubt(one, error);
      throw error;
    } finally {
      one.users -= 1;
      await this.#closeUnused(one);
    }
  }

  isReplaced(): boolean {
    if (this.#held === undefined) return true;
    const { path, monotonicMs, isOutdated = () => false } = this.#options;
    this.#lookedAtMs = monotonicMs();
    try {
      return identify(path) !== this.#held.file || isOutdated(this.#held.opened);
    } catch {
      // A path that cannot be looked at cannot be opened either: that says why.
      return true;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    await this.#opening?.catch(() => undefined);
    await this.#retire();
  }

  #current(fresh: boolean): Held<T> | Promise<Held<T>> {
    const known = !fresh && this.#options.monotonicMs() - this.#lookedAtMs < LOOK_EVERY_MS;
    if (this.#held !== undefined && (known || !this.isReplaced())) return this.#held;
    return this.#reopen();
  }

  #reopen(): Promise<Held<T>> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<Held<T>> {
    const { path, monotonicMs, open, close } = this.#options;
    await this.#retire();
    for (let attempt = 1; ; attempt++) {
      const before = identify(path);
      this.#companions.removeThoseOfOthers(path, before);
      const opened = await open();
      const file = identify(path);
      if (file !== undefined && !this.#closed && (before === undefined || before === file)) {
        this.#companions.note(path, file);
        this.#lookedAtMs = monotonicMs();
        this.#held = { opened, file, users: 0, retired: false, closed: false };
        this.#watch ??= setInterval(() => this.#lookByItself(), WATCH_EVERY_MS).unref();
        return this.#held;
      }
      await close(opened);
      if (this.#closed) throw new Error('closed');
      if (attempt >= OPEN_ATTEMPTS) throw new Error('the file changes all the time');
    }
  }

  #lookByItself(): void {
    const held = this.#held;
    if (held === undefined) return;
    // What cannot be opened is said to whoever asks next.
    if (this.isReplaced()) this.#reopen().catch(() => undefined);
    // Those that lie there since it was opened were noted then. Not with every look: it is five system calls, and a look comes with every message.
    else this.#noteCompanions(held.file);
  }

  #noteCompanions(file: string): void {
    try {
      this.#companions.note(this.#options.path, file);
    } catch {
      // What cannot be looked at cannot be removed either.
    }
  }

  /**
   * After an error the path is looked at again; what cannot be read is opened anew, since its file may have been
   * written over.
   */
  async #doubt(one: Held<T>, error: unknown): Promise<void> {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    if (this.#held === one && isDamaged(error)) await this.#retire();
  }

  async #retire(): Promise<void> {
    const one = this.#held;
    this.#held = undefined;
    if (one === undefined) return;
    one.retired = true;
    await this.#closeUnused(one);
  }

  async #closeUnused(one: Held<T>): Promise<void> {
    if (!one.retired || one.closed || one.users > 0) return;
    one.closed = true;
    await this.#options.close(one.opened);
  }
}

/**
 * Follows a path: a file that was moved over the open one (`mv`), a symbolic link that points elsewhere, a volume that
 * was mounted, a file that is gone. What is under way goes on with the file that it began with. Nothing is opened yet.
 *
 * A write-ahead log belongs to its database by name only. The log of the file that was replaced would be taken for the
 * new one's, and its pages with it (sqlite.org/howtocorrupt.html, section 4.4), so it is removed first. Who opens a new
 * file for the first time within the quarter of a second before that meets the old log all the same.
 */
export function followDatabase<T>(options: DatabaseOptions<T>): FollowedDatabase<T> {
  const followed = new Followed(options);
  return {
    use: (work, fresh) => followed.use(work, fresh === 'fresh'),
    isReplaced: () => followed.isReplaced(),
    close: () => followed.close(),
  };
}

/**
 * A file as the system tells it from others: device and inode. Undefined when there is none. @throws what the system
 * says otherwise
 */
function identify(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

// SQLITE_IOERR, SQLITE_CORRUPT and SQLITE_NOTADB.
const DAMAGED: ReadonlySet<number> = new Set([10, 11, 26]);

function isDamaged(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && DAMAGED.has(error.errcode & 0xff);
}

/** SQLite's files beside a database. */
interface Companions {
  /** Remembers those of the database that is open, which is this file. */
  note(path: string, database: string): void;
  /**
   * Removes those that were seen beside another database than the one that stands there now. The caller has none open.
   */
  removeThoseOfOthers(path: string, database: string | undefined): void;
}

function createCompanions(): Companions {
  const seen = new Map<string, { readonly file: string; readonly database: string }>();
  return {
    note(path, database) {
      seen.clear();
      for (const companion of companionsOf(path)) {
        const file = identify(companion);
        if (file !== undefined) seen.set(companion, { file, database });
      }
    },
    removeThoseOfOthers(path, database) {
      for (const companion of companionsOf(path)) {
        const one = seen.get(companion);
        if (one === undefined || one.database === database || identify(companion) !== one.file) continue;
        removeIfThere(companion);
      }
    },
  };
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // Another process that follows the same path was quicker.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/** SQLite names them after the file itself, whatever links lead to it. */
function companionsOf(path: string): readonly string[] {
  let real = path;
  try {
    real = realpathSync(path);
  } catch {
    // It is gone: what lies beside the name is what can be asked for.
  }
  return [`${real}-wal`, `${real}-shm`];
}
