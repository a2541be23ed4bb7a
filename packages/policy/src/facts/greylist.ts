import { formatReversePath } from '@vratny/smtp';
import { type Contact, StateFault } from '@vratny/state';
import { GREYLIST_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { MailContext } from '../model/stage.ts';
import { networkOf } from './client-network.ts';

/**
 * Under what a sender is remembered: its address without case, and its client's network. The null sender is an address like any other.
 */
export function greylistKey({ sender, client, settings }: Pick<MailContext, 'sender' | 'client' | 'settings'>): string {
  return `${formatReversePath(sender).toLowerCase()} ${networkOf(client.ip, settings.greylist)}`;
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
  needs: {},
  ports: ['greylist', 'clock'],
  async find(context, _needs, ports): Promise<Contact> {
    try {
      return await ports.greylist.firstSeen(greylistKey(context), ports.clock(), context.settings.greylist);
    } catch (error) {
      if (error instanceof StateFault) throw new FactFault(error.message);
      throw error;
    }
  },
  describe: ({ kind, retryAfterMs }) => (kind === 'passed' ? kind : `${kind}, ${Math.ceil(retryAfterMs / 1000)} s to go`),
});
