import { asks } from '../model/compile-policy.ts';
import type { Visit } from '../model/gathering.ts';
import type { Policy } from '../model/policy.ts';
import { networkOf } from './client-network.ts';
import { spf } from './spf.ts';

/**
 * Whom a sender comes from, as far as it is proven: the domain whose SPF record names the client (a large sender tries again from another of its
 * addresses), else the client's network. Two messages with the same origin may be two attempts at one; a forger elsewhere has another origin.
 *
 * SPF is awaited where the policy asks about it: an answer that depended on how fast DNS is would make two origins of one.
 */
export async function findOrigin(policy: Policy, visit: Visit<'mail'> | Visit<'message'>): Promise<string> {
  const { client, settings } = visit.context;
  const found = asks(policy, spf) ? await visit.find(spf) : undefined;
  if (found?.known && found.value.result === 'pass') return `domain ${found.value.domain.toLowerCase()}`;
  return `network ${networkOf(client.ip, settings.greylist)}`;
}
