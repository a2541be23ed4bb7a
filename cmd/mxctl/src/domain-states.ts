import { openWorld } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Domain } from '@vratny/directory';
import { type DomainState, follow, observe } from '@vratny/domains';
import { wantedOfDomain } from './dns-records.ts';
import type { ListOptions } from './records/take.ts';
import type { Terminal } from './terminal.ts';

/** The states by which a list may be cut. */
export const STATES: readonly DomainState[] = ['right', 'spreading', 'partly', 'wrong', 'unknown'];

/** How one look found a domain. */
export interface StandingDomain {
  readonly name: string;
  readonly letter: string;
  readonly state: DomainState;
  readonly sentence: string;
  readonly nextStep: string;
}

/** Domains that are looked at at once: what each name server is asked a second has a bound of its own. */
const AT_ONCE = 8;

/** Looks at domains, one look each, and keeps those of these states, in their order, at most `limit`. */
export async function findStanding(
  { now }: Pick<Terminal, 'now'>,
  site: Site,
  domains: AsyncIterable<Domain>,
  { states, match = '', limit = Number.POSITIVE_INFINITY }: ListOptions & { readonly states: readonly string[] },
): Promise<readonly StandingDomain[]> {
  const world = await openWorld(site);
  const look = async (domain: Domain): Promise<StandingDomain> => {
    const wanted = wantedOfDomain(site, domain);
    const { state, sentence, nextStep } = follow(undefined, wanted, await observe(world, wanted, now));
    return { name: domain.name, letter: domain.letter, state, sentence, nextStep };
  };
  const found: StandingDomain[] = [];
  let batch: Domain[] = [];
  const lookAtBatch = async (): Promise<void> => {
    const looked = await Promise.all(batch.map(look));
    batch = [];
    found.push(...looked.filter(({ state }) => states.includes(state)));
  };
  for await (const domain of domains) {
    if (!domain.name.includes(match.toLowerCase())) continue;
    batch.push(domain);
    if (batch.length === AT_ONCE) await lookAtBatch();
    if (found.length >= limit) break;
  }
  await lookAtBatch();
  return found.slice(0, limit);
}
