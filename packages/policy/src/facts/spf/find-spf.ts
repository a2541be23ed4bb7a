import type { Dns } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import { createKeptResults } from '../kept-results.ts';
import { mailResolver } from '../mail-resolver.ts';
import { checkHost, type SpfAnswer, type SpfQuestion } from './check-host.ts';

const keptAnswers = createKeptResults<SpfAnswer>();

/** What an answer may rest on. A record without macros knows the client and the domain alone (RFC 7208 §5 and §7). */
function keysOf({ sender, helo, ip, mta }: SpfQuestion): { readonly short: string; readonly full: string } {
  const domain = sender === undefined ? helo : sender.slice(sender.lastIndexOf('@') + 1);
  return { short: `${ip} ${domain}`, full: JSON.stringify([ip, sender, helo, mta]) };
}

/** What `findSpf` asks. */
export interface SpfAsking {
  readonly dns: Dns;
  readonly clock: () => Date;
  readonly signal: Cancellation;
}

/** {@link checkHost}, whose answer is kept as long as the DNS answers behind it hold. What could not be told is asked again. No promise when it is kept. */
export function findSpf(question: SpfQuestion, { dns, clock, signal }: SpfAsking): SpfAnswer | Promise<SpfAnswer> {
  const kept = keptAnswers(dns);
  const keys = keysOf(question);
  const now = clock();
  return kept.get(keys.short, now) ?? kept.get(keys.full, now) ?? ask();

  async function ask(): Promise<SpfAnswer> {
    const resolver = mailResolver(dns, signal);
    const answer = await checkHost(question, resolver);
    const seconds = answer.result === 'temperror' ? 0 : resolver.keptSeconds();
    const chars = (answer.problem?.length ?? 0) + (answer.explanation?.length ?? 0);
    kept.put(resolver.sawMacro() ? keys.full : keys.short, answer, { now, seconds, chars });
    return answer;
  }
}
