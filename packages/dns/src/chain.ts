import { type Fault, faultAnswer } from './fault.ts';
import { CNAME_CHAIN_MAX } from './limits.ts';
import type { Answer, RecordType } from './port.ts';

/** What a source says of one name: the answer, or that the name is another name for `target`. */
export type Step<T extends RecordType> =
  | Answer<T>
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number; readonly authentic: boolean };

/**
 * Follows CNAMEs (RFC 1034 §3.6.2) from `name` until `step` gives an answer. The TTL is the smallest on the way, the answer is
 * authentic when every step was. A loop, or more than 16 steps, is the fault `malformed`.
 */
export async function followChain<T extends RecordType>(
  name: string,
  step: (name: string) => Step<T> | Promise<Step<T>>,
): Promise<Answer<T>> {
  const visited = new Set([name]);
  let current = name;
  let ttlSeconds = Number.POSITIVE_INFINITY;
  let authentic = true;
  for (let hops = 0; hops <= CNAME_CHAIN_MAX; hops += 1) {
    const found = await step(current);
    if (found.kind === 'fault') return found;
    ttlSeconds = Math.min(ttlSeconds, found.ttlSeconds);
    authentic &&= found.authentic;
    if (found.kind !== 'alias') return { ...found, ttlSeconds, authentic };
    if (visited.has(found.target)) return loop(name, found.target);
    visited.add(found.target);
    current = found.target;
  }
  return faultAnswer('malformed', `more than ${CNAME_CHAIN_MAX} CNAME records from ${name}`);
}

function loop(name: string, target: string): Fault {
  return faultAnswer('malformed', `CNAME records from ${name} lead back to ${target}`);
}
