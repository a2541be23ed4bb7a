import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEASE_REMEMBERED_MS } from '../limits.ts';
import { createMemoryState } from '../memory.ts';
import type { State } from '../port.ts';
import { after, type OpenState, withState } from './opened.ts';

/** Times that fall together often, so that both ends of every span are met. */
const GRAIN_MS = 10;

interface Clock {
  ms: number;
}

/** One operation, run on the model and on the state under test. */
class Step implements fc.AsyncCommand<{ readonly model: State; readonly clock: Clock }, () => State> {
  readonly #name: string;
  readonly #run: (state: State, now: Date) => Promise<unknown>;

  constructor(name: string, run: (state: State, now: Date) => Promise<unknown>) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run({ model, clock }: { readonly model: State; readonly clock: Clock }, real: () => State): Promise<void> {
    const now = after(clock.ms);
    expect(await this.#run(real(), now), this.toString()).toEqual(await this.#run(model, now));
  }

  toString(): string {
    return this.#name;
  }
}

/** Time goes on: by a whole number of grains, or a millisecond more or less. */
class Pass implements fc.AsyncCommand<{ readonly model: State; readonly clock: Clock }, () => State> {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  check(): boolean {
    return true;
  }

  async run({ clock }: { readonly clock: Clock }): Promise<void> {
    clock.ms += this.#ms;
  }

  toString(): string {
    return `pass(${this.#ms})`;
  }
}

const key = fc.constantFrom('a', 'b', 'b c', '*');
const pattern = fc.constantFrom('a', 'b*', '*', '* c', 'none');
const owner = fc.constantFrom('one', 'two');
const span = fc.integer({ min: 0, max: 4 }).map((grains) => grains * GRAIN_MS);
const mailboxes = fc.array(fc.constantFrom('x@t', 'y@t', 'ends'), { maxLength: 3 });

const steps = [
  fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -1, max: 1 }))
    .map(([grains, more]) => new Pass(Math.max(0, grains * GRAIN_MS + more))),
  fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: -1, max: 1 }))
    .map(([grains, more]) => new Pass(LEASE_REMEMBERED_MS + grains * GRAIN_MS + more)),
  fc
    .tuple(key, span, span)
    .map(
      ([k, delayMs, windowMs]) =>
        new Step(`firstSeen(${k}, ${delayMs}, ${windowMs})`, (s, now) => s.greylist.firstSeen(k, now, { delayMs, windowMs })),
    ),
  fc.tuple(key, span).map(([k, windowMs]) => new Step(`extend(${k}, ${windowMs})`, (s, now) => s.greylist.extend(k, now, { windowMs }))),
  pattern.map((p) => new Step(`list(${p})`, (s, now) => s.greylist.list(p, 10, now))),
  pattern.map((p) => new Step(`forget(${p})`, (s, now) => s.greylist.forget(p, now))),
  fc.tuple(key, span).map(([k, windowMs]) => new Step(`hit(${k}, ${windowMs})`, (s, now) => s.counters.hit(k, now, windowMs))),
  key.map((k) => new Step(`count(${k})`, (s, now) => s.counters.count(k, now))),
  key.map((k) => new Step(`read(${k})`, (s, now) => s.ledger.read(k, now))),
  fc.tuple(key, mailboxes, span).map(([k, m, ttl]) => new Step(`add(${k}, ${m.join()}, ${ttl})`, (s, now) => s.ledger.add(k, m, now, ttl))),
  fc.tuple(key, mailboxes).map(([k, m]) => new Step(`drop(${k}, ${m.join()})`, (s) => s.ledger.drop(k, m))),
  fc.tuple(key, owner, span).map(([k, o, ttl]) => new Step(`begin(${k}, ${o}, ${ttl})`, (s, now) => s.lease.begin(k, o, now, ttl))),
  fc
    .tuple(key, owner, mailboxes, span, fc.boolean())
    .map(
      ([k, o, m, ttl, doubt]) =>
        new Step(`finish(${k}, ${o}, ${m.join()}, ${ttl}, ${doubt})`, (s, now) => s.lease.finish(k, o, m, now, ttl, doubt)),
    ),
  fc.tuple(key, owner).map(([k, o]) => new Step(`release(${k}, ${o})`, (s) => s.lease.release(k, o))),
  fc.tuple(key, fc.nat(3)).map(([k, clients]) => new Step(`beat(${k}, ${clients})`, (s, now) => s.heartbeats.beat(k, { clients }, now))),
  fc.constant(new Step('nodes', (s, now) => s.heartbeats.nodes(now))),
];

/** Whatever is asked in whatever order, on whatever node: the state says what one Map in one process says. */
export function describeModel(open: OpenState, runs: number): void {
  test('says what the model says to every series of operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 60 }), (commands) =>
        withState(open, async (turn) => {
          const model = createMemoryState();
          await fc.asyncModelRun(() => ({ model: { model, clock: { ms: 0 } }, real: turn }), commands);
        }),
      ),
      { numRuns: runs },
    );
  });
}
