import { type AntispamAnswer, ScannerFault, type SpamEnvelope } from '@vratny/scanner';
import { addressKey, formatReversePath } from '@vratny/smtp';
import type { Cancellation } from '@vratny/waiting';
import { SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';
import type { MessageContext } from '../model/stage.ts';
import { type Spf, spf } from './spf.ts';

/** What the spam scanner says; `not-asked` when no mailbox of this message has antispam on. */
export type SpamAnswer = AntispamAnswer | { readonly kind: 'not-asked' };

/** Asks the spam scanner for mailboxes that have it on. Lazy, and after the virus scanner. */
export const antispam = fact({
  name: 'antispam',
  stage: 'message',
  deadlineMs: SCAN_FACT_MS,
  lazy: true,
  alarm: true,
  needs: { spf },
  ports: ['antispam'],
  find(context, needs, ports, signal): SpamAnswer | Promise<SpamAnswer> {
    if (!mailboxesOf(context).some((mailbox) => mailbox.antispam)) return { kind: 'not-asked' };
    return askScanner(context, needs.spf, ports.antispam, signal);
  },
  describe: (answer) => (answer.kind === 'scored' ? `${answer.score} of ${answer.requiredScore}, ${answer.action}` : answer.kind),
});

/** Every mailbox that a copy goes to, each once. */
export function mailboxesOf({
  recipients,
}: Pick<MessageContext, 'recipients'>): readonly { readonly address: string; readonly antispam: boolean }[] {
  return [...new Map(recipients.flatMap((one) => one.destination.mailboxes).map((mailbox) => [mailbox.address, mailbox])).values()];
}

async function askScanner(context: MessageContext, sender: Spf, scanner: Ports['antispam'], signal: Cancellation): Promise<SpamAnswer> {
  try {
    return await scanner.judge(context.content, envelopeOf(context, sender), signal);
  } catch (error) {
    if (!(error instanceof ScannerFault)) throw error;
    if (context.settings.antispam.onFault === 'pass') return { kind: 'not-scanned', reason: 'the scanner did not answer' };
    throw new FactFault(error.message);
  }
}

function envelopeOf(context: MessageContext, { result }: Spf): SpamEnvelope {
  const mailboxes = mailboxesOf(context);
  const [only] = mailboxes;
  return {
    sender: formatReversePath(context.sender),
    recipients: context.recipients.map((one) => addressKey(one.recipient)),
    clientIp: context.client.ip,
    helo: context.helo.name,
    queueId: context.id,
    spf: result,
    ...(only && mailboxes.length === 1 ? { deliverTo: only.address } : {}),
  };
}
