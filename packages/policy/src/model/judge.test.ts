import { describe, expect, it } from 'vitest';
import { mailContext, policyOfChecks, portsOf, rcptContext } from '../testing/contexts.fixture.ts';
import { CANNOT_TELL, FAULT, given, held, rcptVisit, SAY, saying } from '../testing/made-up.fixture.ts';
import { type Check, type CheckAt, check, observe, unless, type Verdict } from './check.ts';
import { judge, startFacts } from './judge.ts';
import { openVisit } from './visit.ts';

const BROKEN = '451 4.3.0 this server could not finish its checks, please try again later';
const asks = (rcpt: readonly CheckAt<'rcpt'>[]) => judge(policyOfChecks({ rcpt }), 'rcpt', rcptVisit());
const says = (name: string, verdict: Verdict | Error, options = {}) => saying(given(name, verdict, options), options);
const outcomes = (judgement: Awaited<ReturnType<typeof asks>>) => judgement.trace.checks.map((one) => `${one.check}: ${one.outcome}`);

const throwing: Check<'rcpt'> = check({
  name: 'throwing',
  stage: 'rcpt',
  summary: '',
  says: [],
  facts: {},
  onFault: 'pass',
  cannotTell: CANNOT_TELL,
  judge: () => {
    throw new Error('oops');
  },
});

describe('judge', () => {
  const pass = says('pass', SAY.pass);
  const wait = says('wait', SAY.delay);
  const no = says('no', SAY.refuse);
  const away = says('away', FAULT);
  const awayPass = says('away-pass', FAULT, { onFault: 'pass' });
  const bug = says('bug', new TypeError('oops'), { onFault: 'pass' });
  const lazy = says('lazy', SAY.refuse, { lazy: true });

  it.each<[string, readonly CheckAt<'rcpt'>[], { verdict: Verdict['kind']; by?: string; reply?: string; trace: readonly string[] }]>([
    ['nothing', [], { verdict: 'pass', trace: [] }],
    ['all pass', [pass, pass], { verdict: 'pass', trace: ['pass: pass', 'pass: pass'] }],
    ['the first objection decides', [pass, wait, no], { verdict: 'delay', by: 'wait', trace: ['pass: pass', 'wait: delay'] }],
    ['a refusal decides', [no, wait], { verdict: 'refuse', by: 'no', trace: ['no: refuse'] }],
    ['a fault delays', [away, pass], { verdict: 'delay', by: 'away', reply: CANNOT_TELL, trace: ['away: fault', 'pass: pass'] }],
    ['a fault yields to a refusal', [away, pass, no], { verdict: 'refuse', by: 'no', trace: ['away: fault', 'pass: pass', 'no: refuse'] }],
    [
      'a fault yields to no plain delay',
      [away, wait],
      { verdict: 'delay', by: 'away', reply: CANNOT_TELL, trace: ['away: fault', 'wait: delay'] },
    ],
    ['a plain delay keeps its place', [away, wait, no], { verdict: 'delay', by: 'away', trace: ['away: fault', 'wait: delay'] }],
    [
      'the first fault speaks',
      [away, throwing],
      { verdict: 'delay', by: 'away', reply: CANNOT_TELL, trace: ['away: fault', 'throwing: fault'] },
    ],
    ['onFault pass', [awayPass, pass], { verdict: 'pass', trace: ['away-pass: fault', 'pass: pass'] }],
    [
      'a throwing judge delays, whatever onFault says',
      [throwing],
      { verdict: 'delay', by: 'throwing', reply: BROKEN, trace: ['throwing: fault'] },
    ],
    ['a throwing judge yields to a refusal', [throwing, no], { verdict: 'refuse', by: 'no', trace: ['throwing: fault', 'no: refuse'] }],
    ['a bug in a fact delays, whatever onFault says', [bug], { verdict: 'delay', by: 'bug', reply: BROKEN, trace: ['bug: fault'] }],
    ['lazy in its turn', [pass, lazy], { verdict: 'refuse', by: 'lazy', trace: ['pass: pass', 'lazy: refuse'] }],
    [
      'nothing lazy while a fault waits',
      [away, lazy, pass],
      { verdict: 'delay', by: 'away', trace: ['away: fault', 'lazy: unasked', 'pass: pass'] },
    ],
    [
      'a refusal behind what was not asked',
      [away, lazy, no],
      { verdict: 'refuse', by: 'no', trace: ['away: fault', 'lazy: unasked', 'no: refuse'] },
    ],
  ])('%s', async (_name, checks, { verdict, by, reply, trace }) => {
    const judgement = await asks(checks);
    expect(judgement).toMatchObject({ verdict: { kind: verdict }, by });
    expect(judgement.trace).toMatchObject({ stage: 'rcpt', verdict });
    expect(judgement.trace.by).toBe(by);
    expect(outcomes(judgement)).toEqual(trace);
    if (reply !== undefined) expect(judgement.verdict).toMatchObject({ reply });
  });

  it('is no promise when every fact is there at once', () => {
    expect(asks([pass, wait])).toMatchObject({ verdict: { kind: 'delay' }, by: 'wait' });
  });

  it('goes on behind a fact that was waited for, and asks nobody twice', async () => {
    const slow = held<'rcpt', Verdict>('slow', 'rcpt');
    const log: string[] = [];
    const judgement = asks([says('before', SAY.pass, { log }), saying(slow.fact), says('behind', SAY.refuse, { log })]);
    expect(judgement).toBeInstanceOf(Promise);
    slow.give(SAY.pass);
    expect(outcomes(await judgement)).toEqual(['before: pass', 'slow: pass', 'behind: refuse']);
    expect(log).toEqual(['before', 'behind']);
  });

  it('asks for no lazy fact when another of the same check is not to be had', async () => {
    const log: string[] = [];
    const both = check({
      name: 'both',
      stage: 'rcpt',
      summary: '',
      says: [],
      facts: { lazy: given('lazy', 1, { lazy: true, log }), away: given('away', FAULT, { log }) },
      cannotTell: CANNOT_TELL,
      judge: () => SAY.pass,
    });
    expect(await asks([both])).toMatchObject({ verdict: { kind: 'delay' } });
    expect(log).toEqual(['away']);
  });

  it('refuses without a fact about the sender that is still being found, and tells it later', async () => {
    const who = held<'rcpt', Verdict>('who', 'rcpt', { evidence: true });
    const visit = rcptVisit();
    const policy = policyOfChecks({ rcpt: [no, saying(who.fact)] });
    startFacts(policy, visit);
    const judgement = await judge(policy, 'rcpt', visit);
    expect([judgement.verdict.kind, judgement.trace.facts.map(({ fact }) => fact)]).toEqual(['refuse', ['no']]);
    who.give(SAY.pass);
    expect((await judgement.later?.facts)?.map(({ fact }) => fact)).toEqual(['who']);
    // When nothing is missing, nobody waits; and whoever left is not waited for.
    expect((await judge(policy, 'rcpt', visit)).later).toBeUndefined();
    const left = rcptVisit();
    const silent = policyOfChecks({ rcpt: [no, saying(held<'rcpt', Verdict>('silent', 'rcpt', { evidence: true }).fact)] });
    startFacts(silent, left);
    const { later } = await judge(silent, 'rcpt', left);
    left.leave();
    expect((await later?.facts)?.at(-1)).toMatchObject({ fact: 'silent', fault: true });
  });

  it('finds a fact about the sender to its end after the visit was left, while somebody holds it', async () => {
    const who = held<'mail', Verdict>('who', 'mail', { evidence: true });
    const silent = held<'rcpt', Verdict>('silent', 'rcpt', { evidence: true });
    const { fact } = who;
    const asksWho = check({
      ...{ name: 'who', stage: 'rcpt', summary: '', says: [], cannotTell: CANNOT_TELL },
      facts: { fact },
      judge: (_context, found) => found.fact,
    });
    const policy = policyOfChecks({ rcpt: [no, asksWho, saying(silent.fact)] });
    const mail = openVisit('mail', mailContext(), { ports: portsOf(), monotonicMs: () => 0 });
    const visit = mail.open('rcpt', rcptContext());
    startFacts(policy, mail);
    startFacts(policy, visit);
    const { later } = await judge(policy, 'rcpt', visit);
    const release = later?.hold();
    visit.leave();
    mail.leave();
    who.give(SAY.pass);
    await visit.find(fact);
    release?.();
    expect((await later?.facts)?.map(({ fact, fault }) => [fact, fault])).toEqual([
      ['who', undefined],
      ['silent', true],
    ]);
  });

  it('shows every fact of its checks in the trace, with what it was found from', async () => {
    const judgement = await asks([pass, away]);
    expect(judgement.trace.facts).toEqual([
      { fact: 'pass', ms: 0, value: 'pass' },
      { fact: 'away', ms: 0, value: 'the world is away', fault: true },
    ]);
  });
});

describe('unless', () => {
  const no = says('no', SAY.refuse);
  const wait = says('wait', SAY.delay);
  const pass = says('pass', SAY.pass);
  const away = says('away', FAULT);
  const lenient = says('lenient', SAY.refuse, { onFault: 'pass' });
  const yes = given('yes', true);
  const nope = given('nope', false);
  const unknown = given<boolean>('unknown', FAULT);
  const never = given<boolean>('never', new Error('not to be asked'));

  it.each<[string, CheckAt<'rcpt'>, string, string]>([
    ['true lets by', unless(yes, no), 'pass', 'exempt'],
    ['true lets a fault by', unless(yes, away), 'pass', 'exempt'],
    ['false changes nothing', unless(nope, no), 'refuse', 'refuse'],
    ['false changes no fault', unless(nope, away), 'delay', 'fault'],
    ['unknown makes a refusal a delay', unless(unknown, no), 'delay', 'fault'],
    ['unknown keeps a delay a delay', unless(unknown, wait), 'delay', 'fault'],
    ['unknown changes no pass', unless(unknown, pass), 'pass', 'pass'],
    ['unknown is no pass for an objection, whatever onFault says', unless(unknown, lenient), 'delay', 'fault'],
    ['one of several', unless(nope, unless(yes, no)), 'pass', 'exempt'],
    ['true behind unknown', unless(yes, unless(unknown, no)), 'pass', 'exempt'],
    ['true before unknown', unless(unknown, unless(yes, no)), 'pass', 'exempt'],
    ['the first true one is enough', unless(never, unless(yes, no)), 'pass', 'exempt'],
  ])('%s', async (_name, one, verdict, outcome) => {
    const judgement = await asks([one]);
    expect(judgement.verdict.kind).toBe(verdict);
    expect(judgement.trace.checks).toMatchObject([{ outcome }]);
  });

  it('does not start the facts of a check that is exempt', async () => {
    const log: string[] = [];
    await asks([unless(yes, says('lazy', SAY.refuse, { lazy: true, log }))]);
    expect(log).toEqual([]);
  });

  it('is judged at the later of the two stages', () => {
    const mailFact = held<'mail', boolean>('m', 'mail').fact;
    const messageFact = held<'message', boolean>('x', 'message').fact;
    const mailCheck = check({ name: 'c', stage: 'mail', summary: '', says: [], facts: {}, cannotTell: CANNOT_TELL, judge: () => SAY.pass });
    expect(unless(mailFact, no).stage).toBe('rcpt');
    expect(unless(yes, mailCheck).stage).toBe('rcpt');
    expect(unless(messageFact, mailCheck).stage).toBe('message');
    expect(unless(mailFact, mailCheck).stage).toBe('mail');
    expect(unless(mailFact, unless(yes, mailCheck)).stage).toBe('rcpt');
  });
});

describe('observe', () => {
  const entryOf = async (observed: CheckAt<'rcpt'>, known: CheckAt<'rcpt'>) => (await asks([known, observed])).trace.checks.at(-1);

  it('has no say, starts nothing and does not wait', async () => {
    const never = held<'rcpt', Verdict>('never', 'rcpt');
    const judgement = await asks([observe(saying(never.fact)), says('pass', SAY.pass)]);
    expect(judgement).toMatchObject({ verdict: { kind: 'pass' }, trace: { checks: [{ outcome: 'unknown', observed: true }, {}] } });
    expect(never.starts()).toBe(0);
  });

  it.each<[string, Verdict | Error, object]>([
    ['refuse', SAY.refuse, { outcome: 'refuse', reply: SAY.refuse.kind === 'refuse' ? SAY.refuse.reply : '' }],
    ['pass', SAY.pass, { outcome: 'pass' }],
    ['fault', FAULT, { outcome: 'fault', reply: CANNOT_TELL }],
  ])('records what it would have said: %s', async (_name, value, entry) => {
    const shared = given('shared', value);
    // The same fact was asked for before, so that it is there.
    const asked = saying(shared, { name: 'asked' });
    const visit = rcptVisit();
    await visit.find(shared);
    const judgement = await judge(policyOfChecks({ rcpt: [observe(asked)] }), 'rcpt', visit);
    expect(judgement.verdict.kind).toBe('pass');
    expect(judgement.trace.checks).toMatchObject([{ ...entry, observed: true }]);
  });

  it('records a delay where an exemption is unknown, as if it had been asked', async () => {
    const unknown = given<boolean>('unknown', FAULT);
    const no = given<Verdict>('no', SAY.refuse);
    const visit = rcptVisit();
    await Promise.all([visit.find(unknown), visit.find(no)]);
    const judgement = await judge(policyOfChecks({ rcpt: [observe(unless(unknown, saying(no)))] }), 'rcpt', visit);
    expect(judgement.trace.checks).toMatchObject([{ outcome: 'fault', reply: CANNOT_TELL, observed: true }]);
  });

  it('records an exemption, also behind one that is not there yet', async () => {
    const yes = given('yes', true);
    const known = unless(yes, says('pass', SAY.pass));
    const never = held<'rcpt', boolean>('never', 'rcpt').fact;
    expect(await entryOf(observe(unless(yes, unless(never, says('no', SAY.refuse)))), known)).toMatchObject({ outcome: 'exempt' });
  });

  it('a bug in it hurts nobody', async () => {
    expect(await asks([observe(throwing)])).toMatchObject({
      verdict: { kind: 'pass' },
      trace: { checks: [{ outcome: 'fault', observed: true }] },
    });
  });
});

describe('startFacts', () => {
  it('starts facts when their stage opens, wherever their check is judged', () => {
    const early = held<'mail', boolean>('early', 'mail');
    const late = held<'rcpt', Verdict>('late', 'rcpt');
    const lazy = held<'mail', boolean>('lazy', 'mail', { lazy: true });
    const policy = policyOfChecks({ rcpt: [unless(lazy.fact, unless(early.fact, saying(late.fact)))] });
    const mail = openVisit('mail', mailContext(), { ports: portsOf(), monotonicMs: () => 0 });
    startFacts(policy, mail);
    return Promise.resolve().then(() => {
      expect([early.starts(), late.starts(), lazy.starts()]).toEqual([1, 0, 0]);
      startFacts(policy, mail.open('rcpt', rcptContext()));
      return Promise.resolve().then(() => expect([early.starts(), late.starts(), lazy.starts()]).toEqual([1, 1, 0]));
    });
  });

  it('gathers the facts of a stage together', async () => {
    const one = held<'rcpt', Verdict>('one', 'rcpt');
    const two = held<'rcpt', Verdict>('two', 'rcpt');
    const policy = policyOfChecks({ rcpt: [saying(one.fact), saying(two.fact)] });
    const visit = rcptVisit();
    startFacts(policy, visit);
    const judgement = judge(policy, 'rcpt', visit);
    await Promise.resolve();
    expect([one.starts(), two.starts()]).toEqual([1, 1]);
    two.give(SAY.refuse);
    one.give(SAY.pass);
    expect(await judgement).toMatchObject({ by: 'two' });
  });
});
