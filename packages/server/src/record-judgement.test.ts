import type { Event } from '@vratny/journal';
import { check, FactFault, fact, PASS } from '@vratny/policy';
import { waitFor } from '@vratny/support/wait-for';
import { describe, expect, it, vi } from 'vitest';
import { EVIDENCE_CONTENT_MAX_BYTES } from './limits.ts';
import { POLICY } from './policy.fixture.ts';
import { type ServedInMemory, serve } from './server.fixture.ts';

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

/**
 * A policy that refuses at a stage while somebody still looks up who the sender is; that is found when it is told to.
 */
function lookingUp(stage: 'rcpt' | 'message') {
  const asked = Promise.withResolvers<void>();
  const who = fact({
    ...{ name: 'who', stage, deadlineMs: 60_000, evidence: true, needs: {}, ports: [] },
    async find(context): Promise<string> {
      await asked.promise;
      if (!('content' in context)) return 'known';
      const chunks: Buffer[] = [];
      for await (const chunk of context.content.read()) chunks.push(Buffer.from(chunk));
      return `signed over ${Buffer.concat(chunks).length} octets`;
    },
    describe: (value) => value,
  });
  const told = { cannotTell: '451 4.3.0 not known', summary: '' } as const;
  const never = check({
    ...{ ...told, name: 'never', stage, says: ['554 5.7.1'], facts: {} },
    judge: () => ({ kind: 'refuse', reply: '554 5.7.1 never' }) as const,
  });
  const knows = check({ ...told, name: 'knows', stage, says: [], facts: { who }, judge: () => PASS });
  const policy = { ...POLICY, [stage]: [...POLICY[stage], never, knows] };
  return { policy, find: () => asked.resolve() };
}

/** The facts that came behind a refusal, once they are there. */
function evidenceOf({ journal }: Pick<ServedInMemory, 'journal'>): Promise<Extract<Event, { kind: 'evidence' }>> {
  return waitFor('the evidence is told', () => journal.events.find((event) => event.kind === 'evidence'));
}

describe('who the sender of a refusal is', () => {
  it('is told when it is found, also when the client has gone; the decision was written at once', async () => {
    const { policy, find } = lookingUp('rcpt');
    const served = await serve({ policy });
    const client = await served.ready();
    await client.ask('MAIL FROM:<a@sender.test>');
    expect(await client.ask('RCPT TO:<alice@example.test>')).toMatch(/^554 5\.7\.1 /u);
    const decided = served.journal.events.find((event) => event.kind === 'decision' && event.trace.by === 'never');
    expect(decided).toMatchObject({ evidenceFollows: true });
    await client.ask('QUIT');
    await client.rest();
    expect(served.journal.events.filter(({ kind }) => kind === 'evidence')).toEqual([]);
    find();
    const id = decided?.kind === 'decision' ? decided.id : '';
    expect(await evidenceOf(served)).toEqual({ kind: 'evidence', id, facts: [{ fact: 'who', ms: expect.any(Number), value: 'known' }] });
  });

  it('is told to be unknown where a bug keeps it from being told: a history waits for no more', async () => {
    const { policy, find } = lookingUp('rcpt');
    const served = await serve({ policy });
    const record = served.journal.record.bind(served.journal);
    vi.spyOn(served.journal, 'record').mockImplementation((event) => {
      if (event.kind === 'evidence' && event.facts.length > 0) throw new Error('a bug');
      record(event);
    });
    const client = await served.ready();
    await client.ask('MAIL FROM:<a@sender.test>');
    expect(await client.ask('RCPT TO:<alice@example.test>')).toMatch(/^554 5\.7\.1 /u);
    find();
    const decided = served.journal.events.find((event) => event.kind === 'decision' && event.trace.by === 'never');
    expect(await evidenceOf(served)).toEqual({ kind: 'evidence', id: decided?.kind === 'decision' ? decided.id : '', facts: [] });
    expect(served.journal.events.filter(({ kind }) => kind === 'fault')).toMatchObject([
      { where: 'journal', detail: expect.stringContaining('a bug') },
    ]);
  });

  it('is found from a message that was refused, which is kept meanwhile and no longer', async () => {
    const { policy, find } = lookingUp('message');
    const served = await serve({ policy });
    const client = await served.ready();
    await client.askAll('MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>', 'DATA');
    expect(await client.ask('Subject: x\r\n\r\ntext\r\n.')).toMatch(/^554 5\.7\.1 /u);
    await client.ask('QUIT');
    await client.rest();
    expect(served.inFlight.takenBytes).toBeGreaterThan(0);
    expect(served.journal.events.findLast(({ kind }) => kind === 'decision')).toMatchObject({ sizeBytes: 20 });
    find();
    expect((await evidenceOf(served)).facts).toMatchObject([{ value: 'signed over 20 octets' }]);
    await waitFor('the message is forgotten', () => served.inFlight.takenBytes === 0 || undefined);
  });

  it('is not found from a message too large to be kept', async () => {
    const { policy } = lookingUp('message');
    const served = await serve({ policy, limits: { messageMaxBytes: 4 * EVIDENCE_CONTENT_MAX_BYTES } });
    const client = await served.ready();
    await client.askAll('MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@example.test>', 'DATA');
    const line = `${'x'.repeat(998)}\r\n`;
    client.write(`Subject: x\r\n\r\n${line.repeat(Math.ceil(EVIDENCE_CONTENT_MAX_BYTES / line.length))}.\r\n`);
    expect(await client.reply()).toMatch(/^554 5\.7\.1 /u);
    expect((await evidenceOf(served)).facts).toMatchObject([{ fact: 'who', fault: true }]);
    await waitFor('the message is forgotten', () => served.inFlight.takenBytes === 0 || undefined);
  });
});

describe('recordJudgement', () => {
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
