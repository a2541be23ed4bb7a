import { SPF_EXPLANATION_MAX, SPF_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';
import { findSpf, type SpfAnswer, type SpfQuestion, type SpfResult, spfQuestion } from './spf/find-spf.ts';
import type { formatSpf } from './spf/format-spf.ts';

/** The result of RFC 7208 for the sender, or for the HELO name when there is no sender (§2.4). */
export interface Spf {
  readonly result: SpfResult;
  /** The domain whose record was used. */
  readonly domain: string;
  /** `Received-SPF: ...` (RFC 7208 §9.1), without the final CRLF. */
  readonly header: string;
  /** Its part of Authentication-Results (RFC 8601 §2.7.2). */
  readonly info: string;
  /** The domain's explanation of a fail (RFC 7208 §6.2): text from outside, one bounded line of printable ASCII. */
  readonly explanation: string | undefined;
  /** As it was read; undefined when there is none. */
  readonly record?: string | undefined;
}

/** Sender Policy Framework, evaluated strictly as RFC 7208 says. */
export const spf = fact({
  name: 'spf',
  stage: 'mail',
  deadlineMs: SPF_FACT_MS,
  needs: {},
  evidence: true,
  ports: ['dns', 'clock'],
  find(context, _needs, { dns, clock }, signal): Spf | Promise<Spf> {
    const question = spfQuestion(context);
    const answer = findSpf(question, { dns, clock, signal });
    if (answer instanceof Promise || format === undefined) return formatLater(question, answer);
    return resultOf(question, answer, format);
  },
  // Shown so that the owner of the record can correct it.
  describe: ({ result, domain, record }) => `${result} (${domain})${result === 'fail' && record !== undefined ? `: ${record}` : ''}`,
});

/**
 * Loaded with the first answer, if nobody did before: mailauth is a large part of what a process holds, and a third of
 * a second.
 */
let format: typeof formatSpf | undefined;

async function formatLater(question: SpfQuestion, answer: SpfAnswer | Promise<SpfAnswer>): Promise<Spf> {
  const found = await answer;
  format ??= (await import('./spf/format-spf.ts')).formatSpf;
  return resultOf(question, found, format);
}

function resultOf(question: SpfQuestion, answer: SpfAnswer, write: typeof formatSpf): Spf {
  const { result, domain, explanation, record } = answer;
  const cleaned = explanation === undefined ? undefined : cleanExplanation(explanation);
  return { result, domain, ...write(question, answer), explanation: cleaned, record };
}

function cleanExplanation(text: string): string {
  return text
    .slice(0, 4 * SPF_EXPLANATION_MAX)
    .replace(/[^\u0020-\u007e]+/gu, ' ')
    .trim()
    .slice(0, SPF_EXPLANATION_MAX)
    .trimEnd();
}
