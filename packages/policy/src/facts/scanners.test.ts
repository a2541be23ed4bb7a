import { ScannerFault, type ScannerFaultKind } from '@vratny/scanner';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it } from 'vitest';
import type { Ports } from '../model/ports.ts';
import type { MessageContext } from '../model/stage.ts';
import { openVisit } from '../model/visit.ts';
import { mailContext, messageContext, portsOf, SETTINGS } from '../testing/contexts.fixture.ts';
import { antispam } from './antispam.ts';
import { antivirus } from './antivirus.ts';

const dns: Ports['dns'] = { lookup: async () => ({ kind: 'nodata', ttlSeconds: 1, authentic: false }) };

function visitTo(context: MessageContext, ports: Partial<Ports>) {
  return openVisit('mail', mailContext(), { ports: portsOf({ dns, ...ports }), monotonicMs: () => 0 }).open('message', context);
}

function withAntispam(on: boolean, changes: Partial<MessageContext> = {}): MessageContext {
  const context = messageContext(changes);
  const recipients = context.recipients.map(({ recipient, destination }) => ({
    recipient,
    destination: { ...destination, mailboxes: destination.mailboxes.map((one) => ({ ...one, antispam: on })) },
  }));
  return { ...context, recipients };
}

const away = () => Promise.reject(new ScannerFault('unreachable', 'nobody there'));

describe('antivirus', () => {
  it('tells what the scanner said', async () => {
    const scan = async () => ({ kind: 'infected', signature: 'X' }) as const;
    expect(await visitTo(messageContext(), { antivirus: { scan } }).find(antivirus)).toMatchObject({ value: { signature: 'X' } });
  });

  it('is a fault when the scanner cannot tell, and a bug when it breaks its promise', async () => {
    expect(await visitTo(messageContext(), { antivirus: { scan: away } }).find(antivirus)).toMatchObject({ known: false, kind: 'fault' });
    const broken = () => Promise.reject(new Error('oops'));
    expect(await visitTo(messageContext(), { antivirus: { scan: broken } }).find(antivirus)).toMatchObject({ known: false, kind: 'bug' });
  });
});

describe('antivirus, with a message that the scanner does not finish', () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 2) + minutes * 60_000);
  const attemptsOf = (kind: ScannerFaultKind, counters?: Ports['counters']) => {
    const given = counters ?? createMemoryState().counters;
    const scan = () => Promise.reject(new ScannerFault(kind, 'no reply within 30000 ms'));
    return (minutes: number, text?: string) =>
      visitTo(messageContext({}, text), { antivirus: { scan }, counters: given, clock: () => at(minutes) }).find(antivirus);
  };
  const delayed = { known: false, kind: 'fault' };
  const endless = { known: true, value: { kind: 'endless' } };

  it.each<[string, readonly number[], object]>([
    ['twice is bad luck', [0, 6], delayed],
    ['three times is its doing', [0, 6, 16], endless],
    ['three times within five minutes are not', [0, 2, 4.9], delayed],
    ['however often it comes within five minutes', [0, 1, 2, 3, 4, 4.9], delayed],
    ['often, and for longer', [0, 1, 2, 3, 4, 5, 5.6], endless],
    ['a day later nobody remembers', [0, 6, 1447], delayed],
  ])('%s', async (_what, minutes, last) => {
    const attempt = attemptsOf('too-long');
    const found = [];
    for (const minute of minutes) found.push(await attempt(minute));
    expect(found.at(-1)).toMatchObject(last);
    for (const one of found.slice(0, -1)) expect(one).toMatchObject(delayed);
  });

  it.each<ScannerFaultKind>(['timeout', 'unreachable', 'cut', 'busy', 'refused'])('%s is never its doing', async (kind) => {
    const attempt = attemptsOf(kind);
    for (const minute of [0, 10, 20, 30, 40]) expect(await attempt(minute)).toMatchObject(delayed);
  });

  it('counts each message by itself, and nobody while shared state is away', async () => {
    const attempt = attemptsOf('too-long');
    for (const minute of [0, 10, 20, 30]) expect(await attempt(minute, `Subject: ${minute}\r\n\r\n`)).toMatchObject(delayed);
    const away = attemptsOf('too-long', { hit: () => Promise.reject(new Error('away')) });
    for (const minute of [0, 10, 20, 30]) expect(await away(minute)).toMatchObject(delayed);
  });
});

describe('antispam', () => {
  it('asks nobody when no mailbox has it on', async () => {
    expect(await visitTo(withAntispam(false), {}).find(antispam)).toMatchObject({ value: { kind: 'not-asked' } });
  });

  it('tells the scanner who sends to whom', async () => {
    let seen: unknown;
    const judge: Ports['antispam']['judge'] = async (_content, envelope) => {
      seen = envelope;
      return { kind: 'not-scanned', reason: 'x' };
    };
    await visitTo(withAntispam(true), { antispam: { judge } }).find(antispam);
    expect(seen).toEqual({
      sender: 'a@sender.test',
      recipients: ['alice@example.test'],
      clientIp: '192.0.2.1',
      helo: 'client.test',
      queueId: '0abc.1',
      spf: 'none',
      deliverTo: 'alice@example.test',
    });
  });

  it('delays when the scanner is away, or goes on unscanned where the site says so', async () => {
    expect(await visitTo(withAntispam(true), { antispam: { judge: away } }).find(antispam)).toMatchObject({ known: false, kind: 'fault' });
    const settings = { ...SETTINGS, antispam: { ...SETTINGS.antispam, onFault: 'pass' as const } };
    const found = await visitTo(withAntispam(true, { settings }), { antispam: { judge: away } }).find(antispam);
    expect(found).toMatchObject({ value: { kind: 'not-scanned' } });
  });
});
