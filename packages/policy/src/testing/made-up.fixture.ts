import { onAbort } from '@vratny/waiting';
import { type Check, check, delay, PASS, refuse, type Verdict } from '../model/check.ts';
import { type Fact, FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';
import type { Stage } from '../model/stage.ts';
import { openVisit, type Visit } from '../model/visit.ts';
import { portsOf, rcptContext } from './contexts.fixture.ts';

/** Made-up facts and checks for the tests of the engine. */

/** What a made-up check says. */
export const SAY = {
  pass: PASS,
  delay: delay('451 4.7.1 later'),
  refuse: refuse('550 5.7.1 never'),
} as const satisfies Record<string, Verdict>;

/** What its check says when it cannot tell. */
export const CANNOT_TELL = '451 4.3.0 cannot tell';

/** A fact that counts its starts and waits until it is told what to find. */
export interface Held<S extends Stage, V> {
  readonly fact: Fact<S, V>;
  readonly starts: () => number;
  readonly aborted: () => boolean;
  give(value: V): void;
  fail(error: Error): void;
}

/** Makes a {@link Held} fact. */
export function held<S extends Stage, V>(
  name: string,
  stage: S,
  options: { lazy?: boolean; deadlineMs?: number; evidence?: boolean } = {},
): Held<S, V> {
  const { promise, resolve, reject } = Promise.withResolvers<V>();
  // A failure that nobody waits for is no failure of the test.
  promise.catch(() => undefined);
  let starts = 0;
  let aborted = false;
  const made = fact({
    name,
    stage,
    deadlineMs: options.deadlineMs ?? 1000,
    lazy: options.lazy ?? false,
    evidence: options.evidence ?? false,
    needs: {},
    ports: [],
    find: (_context, _needs, _ports, signal) => {
      starts += 1;
      onAbort(signal, () => {
        aborted = true;
      });
      return promise;
    },
  });
  return { fact: made, starts: () => starts, aborted: () => aborted, give: resolve, fail: reject };
}

/** A fact of the rcpt stage that is a value, or a fault, or a bug. */
export function given<V>(name: string, value: V | Error, options: { lazy?: boolean; log?: string[] } = {}): Fact<'rcpt', V> {
  return fact({
    name,
    stage: 'rcpt',
    deadlineMs: 1000,
    lazy: options.lazy ?? false,
    needs: {},
    ports: [],
    find: (): V => {
      options.log?.push(name);
      if (value instanceof Error) throw value;
      return value;
    },
  });
}

/** A fault of the world. */
export const FAULT = new FactFault('the world is away');

/** A check of the rcpt stage that says what its fact says. */
export function saying(one: Fact<'rcpt', Verdict>, options: { name?: string; onFault?: 'pass' | 'delay' } = {}): Check<'rcpt'> {
  return check({
    name: options.name ?? one.name,
    stage: 'rcpt',
    summary: '',
    says: [],
    facts: { verdict: one },
    cannotTell: CANNOT_TELL,
    ...(options.onFault === undefined ? {} : { onFault: options.onFault }),
    judge: (_context, { verdict }) => verdict,
  });
}

/** A visit to RCPT. */
export function rcptVisit(ports: Ports = portsOf()): Visit<'rcpt'> {
  return openVisit('rcpt', rcptContext(), { ports, monotonicMs: () => 0 });
}
