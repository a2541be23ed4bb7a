import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Antispam, SpamEnvelope } from '../port.ts';
import { ScannerFault } from '../scanner-fault.ts';
import { filler, messageOf, unreadable, watched } from './messages.ts';

/** An implementation under test. */
export interface AntispamHarness {
  readonly antispam: Antispam;
  /** A body that it must give at least its own required score. */
  readonly spam: Buffer;
  dispose(): Promise<void>;
}

const NEVER = new AbortController().signal;
const ENVELOPE: SpamEnvelope = {
  sender: 'a@one.test',
  recipients: ['b@two.test', 'c@two.test'],
  clientIp: '192.0.2.1',
  clientName: 'mail.one.test',
  helo: 'mail.one.test',
  queueId: 'contract-1',
  spf: 'pass',
};

/** The suite that every implementation of {@link Antispam} passes. */
export function describeAntispam(name: string, create: () => Promise<AntispamHarness>): void {
  describe(`antispam: ${name}`, () => {
    let harness: AntispamHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(async () => {
      await harness.antispam.close();
      await harness.dispose();
    });
    describeAnswers(() => harness);
    describeEnding(() => harness);
  });
}

function describeAnswers(harness: () => AntispamHarness): void {
  const verdict = async (body: Buffer | string, envelope: Partial<SpamEnvelope> = {}) => {
    const answer = await harness().antispam.judge(messageOf(body), { ...ENVELOPE, ...envelope }, NEVER);
    return answer.kind === 'scored' ? answer.score >= answer.requiredScore : answer.kind;
  };

  test.each([0, 1, 65_536, 1_000_000])('%i octets of plain text are no spam', async (size) => {
    expect(await verdict(filler(size))).toBe(false);
  });

  test('spam gets its score, and its symbols have names', async () => {
    const answer = await harness().antispam.judge(messageOf(harness().spam), ENVELOPE, NEVER);
    expect(answer.kind === 'scored' && answer.score >= answer.requiredScore).toBe(true);
    expect(answer.kind === 'scored' && answer.symbols.length > 0 && answer.symbols.every(({ name }) => name !== '')).toBe(true);
  });

  test.each<[string, Partial<SpamEnvelope>]>([
    ['the null sender', { sender: '' }],
    ['no recipient', { recipients: [] }],
    ['a thousand recipients', { recipients: Array.from({ length: 1000 }, (_none, index) => `user${index}@two.test`) }],
    ['line ends in a name', { helo: 'evil\r\nPassword: x\r\n\r\nGET / HTTP/1.1', sender: 'a\nb@one.test' }],
    ['other scripts', { sender: 'vrátný@příklad.test', recipients: ['用户@例子.test'], helo: '\u0001\u0000' }],
    ['endless names', { helo: 'x'.repeat(100_000), queueId: 'q'.repeat(100_000) }],
    ['IPv6', { clientIp: '2001:db8::1' }],
    ['one mailbox', { deliverTo: 'b@two.test' }],
  ])('an envelope with %s is judged as any other', async (_what, envelope) => {
    expect([await verdict('hello', envelope), await verdict(harness().spam, envelope)]).toEqual([false, true]);
  });

  test('thirty messages at once, each with its own answer', async () => {
    const bodies = Array.from({ length: 30 }, (_none, index) => (index % 3 === 0 ? harness().spam : filler(index * 100)));
    expect(await Promise.all(bodies.map((body) => verdict(body)))).toEqual(bodies.map((_body, index) => index % 3 === 0));
  });

  test('a scanner that is set up well has no problems', async () => {
    expect(await harness().antispam.check()).toEqual([]);
  });
}

function describeEnding(harness: () => AntispamHarness): void {
  const fault = (kind: string) => expect.objectContaining({ name: 'ScannerFault', kind });
  const judge = (content: ReturnType<typeof messageOf>, signal = NEVER) => harness().antispam.judge(content, ENVELOPE, signal);

  test('a message that was given up before it began is not read', async () => {
    let reads = 0;
    const content = watched(messageOf('x'), () => {
      reads += 1;
    });
    await expect(judge(content, AbortSignal.abort())).rejects.toEqual(fault('aborted'));
    expect(reads).toBe(0);
  });

  test('one that is given up while it is read ends at once, and the next is fine', async () => {
    const controller = new AbortController();
    const content = watched(messageOf(filler(1_000_000)), () => controller.abort());
    await expect(judge(content, controller.signal)).rejects.toEqual(fault('aborted'));
    expect((await judge(messageOf('x'))).kind).toBe('scored');
  });

  test('a message that cannot be read is a fault, and the next is fine', async () => {
    await expect(judge(await unreadable())).rejects.toEqual(fault('unreadable'));
    expect((await judge(messageOf('x'))).kind).toBe('scored');
  });

  test('closing ends what is under way; nothing is judged afterwards', async () => {
    const content = watched(messageOf(filler(1_000_000)), () => void harness().antispam.close());
    await expect(judge(content)).rejects.toBeInstanceOf(ScannerFault);
    await harness().antispam.close();
    await expect(judge(messageOf('x'))).rejects.toEqual(fault('closed'));
  });
}
