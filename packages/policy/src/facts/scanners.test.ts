import { ScannerFault } from '@vratny/scanner';
import { describe, expect, it } from 'vitest';
import { openVisit } from '../model/gathering.ts';
import type { Ports } from '../model/ports.ts';
import type { MessageContext } from '../model/stage.ts';
import { mailContext, messageContext, portsOf, SETTINGS } from '../testing/contexts.ts';
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
