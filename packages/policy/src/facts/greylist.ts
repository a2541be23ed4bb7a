import { formatReversePath } from '@vratny/smtp';
import { type Contact, StateFault } from '@vratny/state';
import { GREYLIST_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { MailContext } from '../model/stage.ts';
import { greylistClient } from './greylist-client.ts';
import { stableSender } from './stable-sender.ts';

/**
 * Under what a sender is remembered: its address without case (or the stable part of it, where the site says so), a space, and where its client is. The null
 * sender is an address like any other.
 */
export function greylistKey({ sender, settings }: Pick<MailContext, 'sender' | 'settings'>, client: string): string {
  const who = settings.greylist.senders === 'stable' ? stableSender(sender) : formatReversePath(sender).toLowerCase();
  return `${who} ${client}`;
}

/** A contact, and the key that it is remembered under. */
export interface KnownContact extends Contact {
  readonly key: string;
}

/**
 * Whether this sender has called from there before, and long enough ago. One contact for a transaction, however many recipients it has. Lazy: it
 * leaves a trace, so nobody is remembered who is refused anyway.
 */
export const greylist = fact({
  name: 'greylist',
  stage: 'mail',
  deadlineMs: GREYLIST_FACT_MS,
  lazy: true,
  alarm: true,
  needs: { client: greylistClient },
  ports: ['greylist', 'clock'],
  async find(context, { client }, ports): Promise<KnownContact> {
    const key = greylistKey(context, client);
    try {
      return { ...(await ports.greylist.firstSeen(key, ports.clock(), context.settings.greylist)), key };
    } catch (error) {
      if (error instanceof StateFault) throw new FactFault(error.message);
      throw error;
    }
  },
  describe: ({ kind, retryAfterMs }) => (kind === 'passed' ? kind : `${kind}, ${Math.ceil(retryAfterMs / 1000)} s to go`),
});
