import { check, FactFault, fact, PASS } from '@vratny/policy';
import { describe, expect, it } from 'vitest';
import { POLICY } from './policy.fixture.ts';
import { serve } from './server.fixture.ts';

const memory = fact({
  name: 'memory',
  stage: 'mail',
  deadlineMs: 1000,
  alarm: true,
  needs: {},
  ports: [],
  find(): never {
    throw new FactFault('the store is away');
  },
});

const remembers = check({
  name: 'remembers',
  stage: 'mail',
  summary: 'passes when nobody can tell, as greylisting does',
  says: [],
  facts: { memory },
  onFault: 'pass',
  cannotTell: '451 4.3.0 not known',
  judge: () => PASS,
});

describe('decide', () => {
  it('writes down what of our own machinery failed: once for a transaction, and again for the next', async () => {
    const served = await serve({ policy: { ...POLICY, rcpt: [...POLICY.rcpt, remembers] } });
    const client = await served.ready();
    const faults = () => served.journal.events.filter((event) => event.kind === 'fault');
    await client.ask('MAIL FROM:<a@sender.test>');
    expect(await client.ask('RCPT TO:<alice@example.test>')).toMatch(/^250 /u);
    expect(await client.ask('RCPT TO:<bob@example.test>')).toMatch(/^250 /u);
    expect(faults()).toEqual([{ kind: 'fault', where: 'memory', detail: 'the store is away', session: expect.any(String) }]);
    await client.askAll('RSET', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>');
    expect(faults()).toHaveLength(2);
  });

  it('writes nothing of the kind while a sender’s own world is broken', async () => {
    const served = await serve();
    const client = await served.ready();
    await client.ask('MAIL FROM:<a@faulty.test>');
    expect(await client.ask('RCPT TO:<alice@example.test>')).toMatch(/^451 4\.4\.3 /u);
    expect(served.journal.events.filter((event) => event.kind === 'fault')).toEqual([]);
  });
});
