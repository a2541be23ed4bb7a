import { startDeadline, until } from '@vratny/waiting';
import { SPF_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { networkOf } from './client-network.ts';
import type { SpfAnswer, SpfQuestion } from './spf/check-host.ts';
import { findSpf, type SpfAsking } from './spf/find-spf.ts';
import { spfQuestion } from './spf.ts';

/**
 * From where a sender is remembered: `spf:example.net` where the site says so and the domain's SPF record names the client, since large senders try again from
 * another address of their pool; else the client's network. SPF is asked only where the site says so, and what cannot be told is no confirmation: nobody is
 * let by because his DNS is slow.
 */
export const greylistClient = fact({
  name: 'greylist-client',
  stage: 'mail',
  deadlineMs: SPF_FACT_MS,
  lazy: true,
  needs: {},
  ports: ['dns', 'clock'],
  async find(context, _needs, { dns, clock }, signal): Promise<string> {
    const { client, settings } = context;
    const network = networkOf(client.ip, settings.greylist);
    if (settings.greylist.pools !== 'spf') return network;
    using deadline = startDeadline(SPF_FACT_MS - 2_000, { signal });
    const asking = confirm(spfQuestion(context), { dns, clock, signal: deadline.signal });
    const answer = await until(asking, deadline.signal, () => undefined);
    return answer?.result === 'pass' ? `spf:${answer.domain.toLowerCase()}` : network;
  },
});

async function confirm(question: SpfQuestion, asking: SpfAsking): Promise<SpfAnswer | undefined> {
  try {
    return await findSpf(question, asking);
  } catch {
    return undefined;
  }
}
