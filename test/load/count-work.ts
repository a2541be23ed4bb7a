import { createHook } from 'node:async_hooks';
import { renameSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Loaded before a program (`node --import`): counts what it does of the things that cost something on every machine, and writes the numbers to
 * `$COUNTED_WORK/PID.json` whenever the process gets SIGUSR2.
 */

/** What a process did since its start. */
export interface Work {
  readonly promises: number;
  readonly timers: number;
  /** Turns of the event loop that somebody asked for (`setImmediate`). */
  readonly turns: number;
  /** Abort controllers of the platform. */
  readonly signals: number;
  readonly errors: number;
  /** Writes to sockets. */
  readonly writes: number;
  /** Statements of SQLite. */
  readonly statements: number;
}

const work: { -readonly [K in keyof Work]: Work[K] } = {
  promises: 0,
  timers: 0,
  turns: 0,
  signals: 0,
  errors: 0,
  writes: 0,
  statements: 0,
};

const RESOURCES: Readonly<Record<string, keyof Work>> = { PROMISE: 'promises', Timeout: 'timers', Immediate: 'turns' };
createHook({
  init(_id, type) {
    const counted = RESOURCES[type];
    if (counted !== undefined) work[counted] += 1;
  },
}).enable();

/** A class that counts what is made of it and of the classes that extend it from now on. */
function counting<T extends abstract new (...args: never[]) => object>(made: T, as: keyof Work): T {
  return new Proxy(made, {
    construct(target, args, newTarget) {
      work[as] += 1;
      return Reflect.construct(target, args, newTarget);
    },
  });
}
globalThis.AbortController = counting(AbortController, 'signals');
globalThis.Error = counting(Error, 'errors');
globalThis.TypeError = counting(TypeError, 'errors');
globalThis.RangeError = counting(RangeError, 'errors');
globalThis.DOMException = counting(DOMException, 'errors');

/** Counts the calls of a method, of those objects that are meant. */
function count(prototype: object, method: string, as: keyof Work, isMeant: (one: unknown) => boolean = () => true): void {
  const original: unknown = Reflect.get(prototype, method);
  if (typeof original !== 'function') throw new Error(`there is no ${method}`);
  Reflect.set(prototype, method, function counted(this: unknown, ...args: readonly unknown[]): unknown {
    if (isMeant(this)) work[as] += 1;
    return Reflect.apply(original, this, args);
  });
}
// Those to clients and stores: how often the journal and the primary are told depends on how fast the machine is.
count(Socket.prototype, 'write', 'writes', (one) => one instanceof Socket && one.remoteAddress !== undefined);
for (const method of ['run', 'get', 'all', 'iterate']) count(StatementSync.prototype, method, 'statements');
count(DatabaseSync.prototype, 'exec', 'statements');

const folder = process.env['COUNTED_WORK'] ?? '';
process.on('SIGUSR2', () => {
  const path = `${folder}/${process.pid}.json`;
  writeFileSync(`${path}.new`, JSON.stringify(work));
  // Whoever reads it sees all of it.
  renameSync(`${path}.new`, path);
});
