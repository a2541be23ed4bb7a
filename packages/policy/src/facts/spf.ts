import { spf as checkHost } from 'mailauth/lib/spf/index.js';
import { SPF_EXPLANATION_MAX, SPF_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { mailResolver } from './mail-resolver.ts';

/** The result of RFC 7208 for the sender, or for the HELO name when there is no sender (§2.4). */
export interface Spf {
  readonly result: 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';
  /** Whose record was asked. */
  readonly domain: string;
  /** `Received-SPF: ...` (RFC 7208 §9.1), without the final CRLF. */
  readonly header: string;
  /** Its part of Authentication-Results (RFC 8601 §2.7.2). */
  readonly info: string;
  /** The domain owner's words about a fail (RFC 7208 §6.2): a stranger's text, one bounded line of printable ASCII. */
  readonly explanation: string | undefined;
}

/** Sender Policy Framework, evaluated strictly as RFC 7208 says. */
export const spf = fact({
  name: 'spf',
  stage: 'mail',
  deadlineMs: SPF_FACT_MS,
  needs: {},
  ports: ['dns'],
  async find({ client, helo, sender, settings }, _needs, { dns }, signal): Promise<Spf> {
    const result = await checkHost({
      // The local part unquoted, as macros need it (RFC 7208 §7.3); mailauth looks for the last "@", and quotes what it writes.
      sender: sender === null ? '' : `${sender.local}@${sender.domain}`,
      ip: client.ip,
      helo: helo.name,
      mta: settings.hostName,
      resolver: mailResolver(dns, signal),
      strict: true,
      // RFC 7208 §4.6.4 asks for at least 20 seconds.
      maxElapsedTime: SPF_FACT_MS - 1000,
    });
    return {
      result: readResult(result.status.result),
      domain: result.domain,
      header: result.header,
      info: result.info,
      explanation: result.explanation === undefined ? undefined : cleanExplanation(result.explanation),
    };
  },
  describe: ({ result, domain }) => `${result} (${domain})`,
});

const RESULTS: readonly Spf['result'][] = ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'];

function readResult(text: string): Spf['result'] {
  return RESULTS.find((result) => result === text) ?? 'temperror';
}

function cleanExplanation(text: string): string {
  return text
    .slice(0, 4 * SPF_EXPLANATION_MAX)
    .replace(/[^\u0020-\u007e]+/gu, ' ')
    .trim()
    .slice(0, SPF_EXPLANATION_MAX)
    .trimEnd();
}
