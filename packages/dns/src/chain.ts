import { type Fault, faultAnswer } from './fault.ts';
import { CNAME_CHAIN_MAX } from './limits.ts';
import type { Answer, RecordType } from './port.ts';

/** What a source says of one name: the answer, or that the name is another name for `target`. */
export type Step<T extends RecordType> =
  | Answer<T>
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number; readonly authentic: boolean };

/**
 * Follows CNAMEs (RFC 1034 §3.6.2) from `name` until `step` gives an answer. The TTL is the smallest on the way, the answer is
 * authentic when every step was. A loop, or more than 16 steps, is the fault `malformed`. No promise when no step was one.
 */
export function followChain<T extends RecordType>(
  name: string,
  step: (name: string) => Step<T> | Promise<Step<T>>,
): Answer<T> | Promise<Answer<T>> {
  return follow({ name, step, visited: new Set([name]), ttlSeconds: Number.POSITIVE_INFINITY, authentic: true }, step(name));
}

interface Chain<T extends RecordType> {
  readonly name: string;
  readonly step: (name: string) => Step<T> | Promise<Step<T>>;
  readonly visited: Set<string>;
  ttlSeconds: number;
  authentic: boolean;
}

function follow<T extends RecordType>(chain: Chain<T>, first: Step<T> | Promise<Step<T>>): Answer<T> | Promise<Answer<T>> {
  for (let found = first; ; ) {
    if (found instanceof Promise) return found.then((landed) => follow(chain, landed));
    const next = advance(chain, found);
    if (typeof next !== 'string') return next;
    found = chain.step(next);
  }
}

/** The answer, or the name that is asked next. */
function advance<T extends RecordType>(chain: Chain<T>, found: Step<T>): Answer<T> | string {
  if (found.kind === 'fault') return found;
  chain.ttlSeconds = Math.min(chain.ttlSeconds, found.ttlSeconds);
  chain.authentic &&= found.authentic;
  const { name, visited, ttlSeconds, authentic } = chain;
  if (found.kind !== 'alias') return { ...found, ttlSeconds, authentic };
  if (visited.has(found.target)) return loop(name, found.target);
  if (visited.size > CNAME_CHAIN_MAX) return faultAnswer('malformed', `more than ${CNAME_CHAIN_MAX} CNAME records from ${name}`);
  visited.add(found.target);
  return found.target;
}

function loop(name: string, target: string): Fault {
  return faultAnswer('malformed', `CNAME records from ${name} lead back to ${target}`);
}
