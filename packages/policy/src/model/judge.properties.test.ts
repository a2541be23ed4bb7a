import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOfChecks } from '../testing/contexts.fixture.ts';
import { CANNOT_TELL, FAULT, rcptVisit, SAY } from '../testing/made-up.fixture.ts';
import { type CheckAt, check, observe, unless } from './check.ts';
import { type Fact, fact } from './fact.ts';
import { judge, startFacts } from './judge.ts';

/** A made-up check as data. */
interface Spec {
  readonly says: 'pass' | 'delay' | 'refuse' | 'throw' | 'fault' | 'bug';
  readonly lazy: boolean;
  readonly onFault: 'delay' | 'pass';
  readonly exemption: 'none' | 'true' | 'false' | 'fault';
  readonly observed: boolean;
  /** Turns until its fact and its exemption are there; without any they are values and no promises. */
  readonly turns: number;
}

const spec: fc.Arbitrary<Spec> = fc.record({
  says: fc.constantFrom('pass', 'pass', 'pass', 'delay', 'refuse', 'throw', 'fault', 'bug'),
  lazy: fc.boolean(),
  onFault: fc.constantFrom('delay', 'pass'),
  exemption: fc.constantFrom('none', 'none', 'true', 'false', 'fault'),
  observed: fc.constantFrom(false, false, false, true),
  turns: fc.nat(8),
});
const specs = fc.array(spec, { maxLength: 7 });

function found<V>(name: string, value: V | Error, lazy: boolean, turns: number, started: string[]): Fact<'rcpt', V> {
  return fact({
    name,
    stage: 'rcpt',
    deadlineMs: 10_000,
    lazy,
    needs: {},
    ports: [],
    find: () => {
      started.push(name);
      return turns === 0 ? orThrow(value) : later(value, turns);
    },
  });
}

function orThrow<V>(value: V | Error): V {
  if (value instanceof Error) throw value;
  return value;
}

async function later<V>(value: V | Error, turns: number): Promise<V> {
  for (let i = 0; i < turns; i += 1) await Promise.resolve();
  return orThrow(value);
}

function made(one: Spec, i: number, started: string[]): CheckAt<'rcpt'> {
  const value = one.says === 'fault' ? FAULT : one.says === 'bug' ? new TypeError('oops') : one.says;
  const made = check({
    name: `check ${i}`,
    stage: 'rcpt',
    summary: '',
    says: [],
    facts: { says: found<'pass' | 'delay' | 'refuse' | 'throw'>(`fact ${i}`, value, one.lazy, one.turns, started) },
    onFault: one.onFault,
    cannotTell: CANNOT_TELL,
    judge: (_context, { says }) => {
      if (says === 'throw') throw new Error('oops');
      return SAY[says];
    },
  });
  const exemption = { true: true, false: false, fault: FAULT, none: undefined }[one.exemption];
  const exempted =
    exemption === undefined ? made : unless(found<boolean>(`exemption ${i}`, exemption, false, one.turns % 5, started), made);
  return one.observed ? observe(exempted) : exempted;
}

async function ask(list: readonly Spec[]) {
  const started: string[] = [];
  const policy = policyOfChecks({ rcpt: list.map((one, i) => made(one, i, started)) });
  const visit = rcptVisit();
  startFacts(policy, visit);
  const judgement = await judge(policy, 'rcpt', visit);
  const reply = judgement.verdict.kind === 'pass' ? undefined : judgement.verdict.reply;
  return { kind: judgement.verdict.kind, reply, by: judgement.by, trace: judgement.trace, started };
}

const verdictOf = async (list: readonly Spec[]) => {
  const { kind, reply } = await ask(list);
  return { kind, reply };
};

describe('a policy', () => {
  it('accepts with any of its checks left out what it accepts', () =>
    fc.assert(
      fc.asyncProperty(specs, fc.nat(6), async (list, out) => {
        fc.pre((await ask(list)).kind === 'pass');
        expect(await ask(list.toSpliced(out, 1))).toMatchObject({ kind: 'pass' });
      }),
    ));

  it('is never laxer for a check more', () =>
    fc.assert(
      fc.asyncProperty(specs, spec, fc.nat(7), async (list, more, at) => {
        fc.pre((await ask(list)).kind !== 'pass');
        expect((await ask(list.toSpliced(at, 0, more))).kind).not.toBe('pass');
      }),
    ));

  it('says the same with observed checks added anywhere', () =>
    fc.assert(
      fc.asyncProperty(specs, spec, fc.nat(7), async (list, more, at) => {
        const watched = list.toSpliced(at, 0, { ...more, observed: true });
        expect(await verdictOf(watched)).toEqual(await verdictOf(list));
      }),
    ));

  it('says the same in whatever order its facts arrive', () =>
    fc.assert(
      fc.asyncProperty(specs, fc.array(fc.nat(8), { minLength: 7, maxLength: 7 }), async (list, turns) => {
        const shuffled = list.map((one, i) => ({ ...one, turns: turns[i] ?? 0 }));
        const [before, after] = [await ask(list), await ask(shuffled)];
        expect({ ...after, started: 0, trace: 0 }).toEqual({ ...before, started: 0, trace: 0 });
      }),
    ));

  it('asks lazy facts only where every earlier check passed, each once', () =>
    fc.assert(
      fc.asyncProperty(specs, async (list) => {
        const { started, trace } = await ask(list);
        expect(new Set(started).size).toBe(started.length);
        for (const [i, one] of list.entries()) {
          if (!one.lazy || !started.includes(`fact ${i}`)) continue;
          const earlier = trace.checks.slice(0, i).filter((entry) => !entry.observed);
          const objected = earlier.filter((entry) => entry.reply !== undefined || entry.outcome === 'unasked');
          expect(objected).toEqual([]);
          expect(one.observed).toBe(false);
        }
      }),
    ));
});
