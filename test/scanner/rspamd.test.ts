import { contentOf } from '@vratny/message';
import { ScannerFault, type SpamEnvelope } from '@vratny/scanner';
import { describeAntispam } from '@vratny/scanner/contract';
import { createRspamdAntispam } from '@vratny/scanner/rspamd';
import { type Rspamd, startRspamd } from '@vratny/support/rspamd';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mailWith } from './mail.ts';

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const ENVELOPE: SpamEnvelope = {
  sender: 'alice@one.test',
  recipients: ['bob@two.test'],
  clientIp: '192.0.2.7',
  clientName: 'mail.one.test',
  helo: 'mail.one.test',
  queueId: 'test-1',
  spf: 'softfail',
};
/** The "Generic Test for Unsolicited Bulk Email" of SpamAssassin's makers; in two halves, so that this file is no spam. */
const GTUBE = Buffer.from(['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join(''));

let rspamd: Rspamd;
beforeAll(async () => {
  rspamd = await startRspamd();
});
afterAll(async () => {
  await rspamd[Symbol.asyncDispose]();
});

const antispamAt = (servers: readonly string[], sizeLimitBytes = 20 * MIB) =>
  createRspamdAntispam({ servers, sizeLimitBytes, now: () => performance.now() });

describeAntispam('rspamd', async () => ({
  antispam: antispamAt([rspamd.url]),
  spam: GTUBE,
  dispose: async () => undefined,
}));

test('GTUBE has its symbol and the score of a refusal', async () => {
  const content = contentOf(Buffer.concat([Buffer.from('From: <a@one.test>\r\nSubject: x\r\n\r\n'), GTUBE, Buffer.from('\r\n')]));
  const answer = await antispamAt([rspamd.url]).judge(content, ENVELOPE, NEVER);
  const symbols = [{ name: 'GTUBE', score: 0 }];
  expect(answer).toEqual({ kind: 'scored', score: 15, requiredScore: 15, action: 'reject', symbols });
});

test('it is told the SPF result and the queue id', async () => {
  const answer = await antispamAt([rspamd.url]).judge(mailWith(Buffer.from('a letter')), { ...ENVELOPE, queueId: 'queue-77' }, NEVER);
  expect(answer.kind === 'scored' && answer.symbols.map(({ name }) => name)).toContain('VRATNY_SPF_SOFTFAIL');
  expect(rspamd.log()).toContain('queue-77');
});

test('a message of the size limit is judged, a larger one is not sent', async () => {
  const at = mailWith(Buffer.from('x'), { sizeBytes: 20 * MIB });
  expect((await antispamAt([rspamd.url]).judge(at, ENVELOPE, NEVER)).kind).toBe('scored');
  expect((await antispamAt([rspamd.url], at.sizeBytes - 1).judge(at, ENVELOPE, NEVER)).kind).toBe('not-scanned');
});

test('a max_message below our limit is told at start, with the line to change', async () => {
  const problems = await antispamAt([rspamd.url], 40 * MIB).check();
  expect(problems).toEqual([
    expect.stringMatching(/^rspamd http:\S+: does not take a message of 41943040 octets .*"max_message = 41mb;"/u),
  ]);
});

test('killed while it works: a fault, or another one answers; afterwards all is fine', async () => {
  await using own = await startRspamd();
  const alone = antispamAt([own.url]);
  const both = antispamAt([own.url, rspamd.url]);
  const large = mailWith(Buffer.from('x'), { sizeBytes: 15 * MIB });
  const scans = [alone.judge(large, ENVELOPE, NEVER), both.judge(large, ENVELOPE, NEVER)];
  const settled = Promise.allSettled(scans);
  await own.kill();
  const [first, second] = await settled;
  expect(first).toEqual({ status: 'rejected', reason: expect.any(ScannerFault) });
  expect(second?.status === 'fulfilled' && second.value.kind).toBe('scored');
  await own.restart();
  expect((await alone.judge(mailWith(Buffer.from('x')), ENVELOPE, NEVER)).kind).toBe('scored');
});
