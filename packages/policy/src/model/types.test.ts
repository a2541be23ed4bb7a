import { describe, expect, it } from 'vitest';
import { policyOfChecks } from '../testing/contexts.fixture.ts';
import { CANNOT_TELL, held, SAY } from '../testing/made-up.fixture.ts';
import { check, delay, refuse, unless } from './check.ts';
import { fact } from './fact.ts';
import type { Policy } from './policy.ts';
import { isWithin, type Stage, type Within } from './stage.ts';

// What must not compile is marked; tsc fails when it does.
const spec = { summary: '', says: [], cannotTell: CANNOT_TELL } as const;
const mailCheck = check({ ...spec, name: 'm', stage: 'mail', facts: {}, judge: () => SAY.pass });
const rcptCheck = check({ ...spec, name: 'r', stage: 'rcpt', facts: {}, judge: () => SAY.pass });
const messageCheck = check({ ...spec, name: 'x', stage: 'message', facts: {}, judge: () => SAY.pass });
const mailFact = held<'mail', boolean>('mf', 'mail').fact;
const rcptFact = held<'rcpt', boolean>('rf', 'rcpt').fact;
const messageFact = held<'message', boolean>('xf', 'message').fact;
const textFact = held<'mail', string>('tf', 'mail').fact;
const base: Policy = policyOfChecks({});

describe('types', () => {
  it('keep checks in the stages where their context is known', () => {
    const right: Policy = { ...base, mail: [mailCheck], rcpt: [mailCheck, rcptCheck], message: [mailCheck, messageCheck] };
    // @ts-expect-error at MAIL nobody knows a recipient
    const early: Policy = { ...base, mail: [rcptCheck] };
    // @ts-expect-error a message has recipients, not one
    const late: Policy = { ...base, message: [rcptCheck] };
    // @ts-expect-error at RCPT there is no message
    const tooEarly: Policy = { ...base, rcpt: [messageCheck] };
    expect([right, early, late, tooEarly]).toHaveLength(4);
  });

  it('move a check to the stage of its exemption', () => {
    const right: Policy = {
      ...base,
      rcpt: [unless(rcptFact, mailCheck), unless(mailFact, rcptCheck)],
      message: [unless(mailFact, messageCheck)],
    };
    // @ts-expect-error the exemption is known at RCPT only
    const early: Policy = { ...base, mail: [unless(rcptFact, mailCheck)] };
    // @ts-expect-error a message has recipients, not one
    const never = unless(rcptFact, messageCheck);
    // @ts-expect-error nor has a recipient a message
    const neither = unless(messageFact, rcptCheck);
    // @ts-expect-error an exemption says yes or no
    const text = unless(textFact, mailCheck);
    expect([right, early, never, neither, text]).toHaveLength(5);
  });

  it('give a check no facts of a later stage', () => {
    const right = check({
      ...spec,
      name: 'a',
      stage: 'rcpt',
      facts: { mailFact, rcptFact },
      judge: (_c, f) => (f.mailFact ? SAY.pass : SAY.delay),
    });
    // @ts-expect-error a fact of RCPT is not there at MAIL
    const early = check({ ...spec, name: 'b', stage: 'mail', facts: { rcptFact }, judge: () => SAY.pass });
    // @ts-expect-error a fact of one recipient says nothing about the message
    const late = check({ ...spec, name: 'c', stage: 'message', facts: { rcptFact }, judge: () => SAY.pass });
    const unnamed = check({
      ...spec,
      name: 'd',
      stage: 'mail',
      facts: { mailFact },
      // @ts-expect-error a fact that it did not name
      judge: (_c, f) => (f.rcptFact ? SAY.pass : SAY.delay),
    });
    expect([right, early, late, unnamed]).toHaveLength(4);
  });

  it('give a fact the ports it names, and needs of its stage or earlier ones', () => {
    const frame = { name: 'f', stage: 'mail', deadlineMs: 1, needs: {} } as const;
    const right = fact({ ...frame, ports: ['dns'], find: (_c, _n, { dns }) => dns.lookup('x', 'A') });
    // @ts-expect-error it named no port
    const none = fact({ ...frame, ports: [], find: (_c, _n, { dns }) => dns });
    // @ts-expect-error it named another one
    const other = fact({ ...frame, ports: ['dns'], find: (_c, _n, { directory }) => directory });
    // @ts-expect-error no such port
    const unknown = fact({ ...frame, ports: ['oracle'], find: () => 1 });
    // @ts-expect-error what it needs is found later
    const early = fact({ ...frame, needs: { rcptFact }, ports: [], find: () => 1 });
    expect([right, none, other, unknown, early]).toHaveLength(5);
  });

  it('keep the class of a reply', () => {
    // @ts-expect-error a delay is no refusal
    const soft = refuse('450 4.7.1 x');
    // @ts-expect-error a refusal is no delay
    const hard = delay('550 5.7.1 x');
    // @ts-expect-error a check that cannot tell delays
    const final = check({ ...spec, name: 'e', stage: 'mail', facts: {}, cannotTell: '550 5.7.1 x', judge: () => SAY.pass });
    expect([soft, hard, final]).toHaveLength(3);
  });
});

describe('isWithin', () => {
  const order: { readonly [S in Stage]: readonly Within[S][] } = {
    connect: ['connect'],
    helo: ['connect', 'helo'],
    mail: ['connect', 'helo', 'mail'],
    rcpt: ['connect', 'helo', 'mail', 'rcpt'],
    message: ['connect', 'helo', 'mail', 'message'],
  };
  const stages: readonly Stage[] = ['connect', 'helo', 'mail', 'rcpt', 'message'];
  it.each(stages)('%s', (of) => expect(stages.filter((stage) => isWithin(stage, of))).toEqual(order[of]));
});
