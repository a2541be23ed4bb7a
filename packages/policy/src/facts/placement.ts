import type { Destination, Domain } from '@vratny/directory';
import type { Answer } from '@vratny/dns';
import { type Host, mxName, type SecondaryOf, serves } from '@vratny/hosts';
import { DNS_FACT_MS, LEFT_DELAY_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { RcptContext } from '../model/stage.ts';
import { askNow, destination } from './destination.ts';

/**
 * Whether this host serves the recipient's domain. `served`: its letter is the domain's. `earlier`: it was, and the
 * world may still send here. `left`: it was, and the world has left it lately. `elsewhere`: the MX records of the
 * domain are known not to name this host, and the directory has just said which letter it has. `behind`: one of these is
 * not so; no mail may bounce for that.
 * `not-ours`: no domain of this site.
 */
export type Placement = 'served' | 'earlier' | 'left' | 'elsewhere' | 'behind' | 'not-ours';

/** Whether a host of this letter serves the domain: see "Which host serves which domain" in docs/ARCHITECTURE.md. */
export const placement = fact({
  name: 'placement',
  stage: 'rcpt',
  deadlineMs: DNS_FACT_MS,
  needs: { destination },
  ports: ['dns'],
  find(context, needs, { dns }, signal): Placement | Promise<Placement> {
    const place = (found: Destination) => placeAt(found, context, (name) => dns.lookup(name, 'MX', { signal }));
    const placed = place(needs.destination);
    if (needs.destination.kind !== 'mailboxes' || needs.destination.askNow === undefined) return placed;
    const confirm = (one: Placement) => (one === 'elsewhere' ? askNow(needs.destination).then(place, passBehind) : one);
    return placed instanceof Promise ? placed.then(confirm) : confirm(placed);
  },
});

function placeAt(
  found: Destination,
  { host, settings, sitePostmaster, startedAt }: RcptContext,
  lookUp: (name: string) => Answer<'MX'> | Promise<Answer<'MX'>>,
): Placement | Promise<Placement> {
  if (found.kind === 'elsewhere') return 'not-ours';
  const { domain } = found;
  if (sitePostmaster || serves(host, domain.letter, settings.secondaryOf)) return 'served';
  const before = atEarlierHost(domain, { host, secondaryOf: settings.secondaryOf, now: startedAt });
  if (before !== undefined) return before;
  const ours = mxName(host, settings.cluster).toLowerCase();
  const mx = lookUp(domain.name);
  return mx instanceof Promise ? mx.then((answer) => placedBy(answer, ours)) : placedBy(mx, ours);
}

/** While the directory cannot be asked, a letter that was known refuses nobody. */
function passBehind(error: unknown): Placement {
  if (error instanceof FactFault) return 'behind';
  throw error;
}

/** Undefined: the host was never one of the domain's, or the world has left it long ago. */
function atEarlierHost(
  { earlier = [] }: Domain,
  { host, secondaryOf, now }: { readonly host: Host; readonly secondaryOf: SecondaryOf; readonly now: Date },
): 'earlier' | 'left' | undefined {
  const left = earlier.filter(({ letter }) => serves(host, letter, secondaryOf)).map(({ seenLeft }) => seenLeft);
  if (left.includes(undefined)) return 'earlier';
  return left.some((seenLeft) => seenLeft !== undefined && now.getTime() < seenLeft.getTime() + LEFT_DELAY_MS) ? 'left' : undefined;
}

function placedBy(mx: Answer<'MX'>, ours: string): Placement {
  if (mx.kind !== 'found') return 'behind';
  return mx.records.some((record) => record.exchange === ours) ? 'behind' : 'elsewhere';
}
