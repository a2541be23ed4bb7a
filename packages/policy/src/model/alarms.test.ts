import { DirectoryFault } from '@vratny/directory';
import { StateFault } from '@vratny/state';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { greylist as checkGreylist } from '../checks/greylist.ts';
import { destination } from '../facts/destination.ts';
import { greylist } from '../facts/greylist.ts';
import { room } from '../facts/room.ts';
import { POLICIES } from '../letters/index.ts';
import { mailContext, policyOfChecks, portsOf } from '../testing/contexts.fixture.ts';
import { CANNOT_TELL, FAULT, given, rcptVisit, SAY, saying } from '../testing/made-up.fixture.ts';
import { check, type Verdict } from './check.ts';
import { judge } from './judge.ts';
import { openVisit, withNeeds } from './visit.ts';

const brokenPorts = portsOf({
  directory: { findDomain: async () => undefined, findDestination: () => Promise.reject(new DirectoryFault('away')) },
});

const asking = check({
  name: 'asking',
  stage: 'rcpt',
  summary: '',
  says: [],
  facts: { destination, room },
  cannotTell: CANNOT_TELL,
  judge: () => SAY.pass,
});

afterEach(() => void vi.useRealTimers());

describe('alarms', () => {
  it('name the fact that failed, and not those that are found from it', async () => {
    const { alarms } = await judge(policyOfChecks({ rcpt: [asking] }), 'rcpt', rcptVisit(brokenPorts));
    expect(alarms).toMatchObject([{ fact: 'destination', found: { kind: 'fault', detail: 'away' } }]);
  });

  it('are one object for the failure, however many decisions rest on it', async () => {
    const visit = rcptVisit(brokenPorts);
    const policy = policyOfChecks({ rcpt: [asking] });
    const [one, two] = [await judge(policy, 'rcpt', visit), await judge(policy, 'rcpt', visit)];
    expect(one.alarms[0]?.found).toBe(two.alarms[0]?.found);
  });

  it('are not raised for what strangers break, nor for a client that left', async () => {
    const strangers = policyOfChecks({ rcpt: [saying(given<Verdict>('stranger', FAULT))] });
    expect(await judge(strangers, 'rcpt', rcptVisit())).toMatchObject({ verdict: { kind: 'delay' }, alarms: [] });
    const visit = rcptVisit(brokenPorts);
    visit.leave();
    expect(await judge(policyOfChecks({ rcpt: [asking] }), 'rcpt', visit)).toMatchObject({ verdict: { kind: 'delay' }, alarms: [] });
  });

  it('are raised for what was asked when the time of a message ended', async () => {
    const visit = rcptVisit(brokenPorts);
    visit.leave('no time is left');
    const { alarms } = await judge(policyOfChecks({ rcpt: [asking] }), 'rcpt', visit);
    expect(alarms).toMatchObject([{ fact: 'destination', found: { detail: 'no time is left' } }]);
  });

  it.each([
    ['says that it is away', async () => Promise.reject(new StateFault('state redis: away')), 'state redis: away'],
    ['is silent', () => new Promise<never>(() => undefined), 'no answer within 250 ms'],
  ])('greylisting passes within 250 ms when state %s, and that is an alarm', async (_how, firstSeen, detail) => {
    vi.useFakeTimers();
    const context = mailContext({ host: { role: 'secondary', letter: 'b' } });
    const visit = openVisit('mail', context, { ports: portsOf({ greylist: { firstSeen } }), monotonicMs: () => 0 });
    const judgement = judge(policyOfChecks({ mail: [checkGreylist] }), 'mail', visit);
    await vi.advanceTimersByTimeAsync(250);
    expect(await judgement).toMatchObject({ verdict: { kind: 'pass' }, alarms: [{ fact: 'greylist', found: { detail } }] });
  });

  it('watch over all of our own machinery that the letters ask', () => {
    const facts = POLICIES.flatMap((policy) => [...policy.mail, ...policy.rcpt, ...policy.message]).flatMap((one) => one.facts);
    const watched = withNeeds(facts).filter((fact) => fact.alarm);
    const NAMES = ['antispam', 'antivirus', 'attachments', 'destination', 'greylist', 'room'];
    expect(watched.map((fact) => fact.name).sort()).toEqual(NAMES);
    expect(watched).toContain(greylist);
  });
});
