import type { Answer, Dns, RecordType } from '@vratny/dns';
import type { Cancellation } from '@vratny/waiting';
import type { DNSResolver } from 'mailauth';

const CODES = {
  timeout: 'ETIMEOUT',
  servfail: 'ESERVFAIL',
  refused: 'EREFUSED',
  malformed: 'EBADRESP',
  unreachable: 'ECONNREFUSED',
  aborted: 'ECANCELLED',
};

/**
 * The dns port with the results and error codes of Node's `resolve`, for mailauth. It records how long its answers are
 * valid.
 */
export interface MailResolver extends DNSResolver {
  /**
   * Seconds for which a result of the answers so far is valid: the shortest time to live; 0 when one of them was a
   * fault, or there was none.
   */
  keptSeconds(): number;
  /**
   * One of the texts so far has an SPF macro (RFC 7208 §7), so that its result may depend on more than the domain and
   * the client.
   */
  sawMacro(): boolean;
}

/** Makes one for one evaluation. */
export function mailResolver(dns: Dns, signal: Cancellation): MailResolver {
  let shortest = Number.POSITIVE_INFINITY;
  let macro = false;
  const ask = async <T extends RecordType>(name: string, type: T): Promise<Extract<Answer<T>, { kind: 'found' }>['records']> => {
    const answer: Answer<T> = await dns.lookup(name, type, { signal });
    shortest = answer.kind === 'fault' ? 0 : Math.min(shortest, answer.ttlSeconds);
    if (answer.kind === 'found') return answer.records;
    if (answer.kind === 'fault') throw failure(name, type, CODES[answer.fault]);
    throw failure(name, type, answer.kind === 'nxdomain' ? 'ENOTFOUND' : 'ENODATA');
  };
  const askTexts = async (name: string): Promise<string[][]> => {
    const texts = await ask(name, 'TXT');
    macro ||= texts.some((text) => text.includes('%'));
    // The macro `%{t}` is the time of the question.
    if (texts.some((text) => /%\{t/iu.test(text))) shortest = 0;
    return texts.map((text) => [text]);
  };
  const resolve = async (name: string, type: string) => {
    switch (type.toUpperCase()) {
      case 'TXT':
        return askTexts(name);
      case 'MX':
        return (await ask(name, 'MX')).map(({ preference, exchange }) => ({ priority: preference, exchange }));
      case 'AAAA':
        return [...(await ask(name, 'AAAA'))];
      case 'PTR':
        return [...(await ask(name, 'PTR'))];
      case 'A':
        return [...(await ask(name, 'A'))];
      default:
        throw failure(name, type, 'ENODATA');
    }
  };
  const kept = { keptSeconds: () => (Number.isFinite(shortest) ? shortest : 0), sawMacro: () => macro };
  // mailauth's type knows only texts; what it reads for MX are Node's objects.
  return Object.assign(resolve, kept) as unknown as MailResolver;
}

/** Without a stack trace: "no such record" is frequent, and the trace costs more than the query. */
function failure(name: string, type: string, code: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new Error(`${code} ${type} ${name}`);
  Error.stackTraceLimit = limit;
  return Object.assign(error, { code });
}
