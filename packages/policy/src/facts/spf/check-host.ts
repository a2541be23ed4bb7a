import { describeError } from '@vratny/text';
import { withDeadline } from '@vratny/waiting';
import ipaddr from 'ipaddr.js';
import type { DNSResolver } from 'mailauth';
import { spfVerify } from 'mailauth/lib/spf/spf-verify.js';
import { SPF_EVALUATION_MS, SPF_VOID_MAX } from '../../limits.ts';
import { explanationResolver, limitedResolver, SpfError, subResolvers } from './limited-resolver.ts';
import { targetName } from './target-name.ts';

/** The results of RFC 7208 §2.6. */
export type SpfResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';

/** Whose mail it is. */
export interface SpfQuestion {
  /** `local@domain` with the local part unquoted, as macros need it; undefined for the null sender, whose HELO name is asked (§2.4). */
  readonly sender: string | undefined;
  readonly helo: string;
  readonly ip: string;
  /** Our own name, for the macro `%{r}`. */
  readonly mta: string;
}

/** What check_host() found (RFC 7208 §4). */
export interface SpfAnswer {
  readonly result: SpfResult;
  /** Whose record was asked; as written when it is malformed. */
  readonly domain: string;
  /** Why there is an error. */
  readonly problem: string | undefined;
  readonly explanation: string | undefined;
  /** The record speaks of the local part (RFC 8601 §2.7.2). */
  readonly usedLocalPart: boolean;
}

const QUALIFIERS = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const;

/**
 * RFC 7208, by mailauth's evaluation of records. What stands around it is ours: mailauth's own takes a name with an underscore for malformed, and
 * does not bound the records.
 */
export async function checkHost({ sender, helo, ip, mta }: SpfQuestion, resolver: DNSResolver): Promise<SpfAnswer> {
  const written = sender === undefined ? helo : sender.slice(sender.lastIndexOf('@') + 1);
  const domain = targetName(written);
  const context = { warnings: new Set<string>(), usedLocalPart: false };
  const answer = (result: SpfResult, problem?: string, explanation?: string): SpfAnswer => ({
    result,
    domain: domain ?? written,
    problem,
    explanation,
    usedLocalPart: context.usedLocalPart,
  });
  if (domain === undefined) return answer('none');
  const local = sender?.slice(0, sender.lastIndexOf('@')) ?? '';
  try {
    const evaluation = spfVerify(domain, {
      sender: `${local === '' ? 'postmaster' : local}@${domain}`,
      ip: unmapped(ip),
      mta,
      helo,
      strict: true,
      ctx: context,
      resolver: limitedResolver(resolver, { firstIsFree: true, voidMax: SPF_VOID_MAX }),
      expResolver: explanationResolver(resolver),
      createSubResolver: subResolvers(resolver),
    });
    const found = await withDeadline(evaluation, SPF_EVALUATION_MS, () => {
      throw new SpfError('temperror', 'SPF evaluation time limit exceeded');
    });
    if (found === false || found === undefined) return answer('neutral');
    if (found.qualifier !== undefined) return answer(QUALIFIERS[found.qualifier], undefined, found.explanation);
    return answer(found.error ?? 'neutral', found.text);
  } catch (error) {
    return answer(...errorOf(error));
  }
}

/** An IPv4 client of a socket for both kinds is an IPv4 client (RFC 7208 §5). */
function unmapped(ip: string): string {
  return /^::ffff:/iu.test(ip) && ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : ip;
}

function errorOf(error: unknown): [SpfResult, string] {
  const found: unknown = error instanceof Error && 'spfResult' in error ? error.spfResult : undefined;
  if (typeof found === 'object' && found !== null && 'error' in found) {
    const result = (['permerror', 'temperror', 'none'] as const).find((one) => one === found.error);
    const text = 'text' in found && typeof found.text === 'string' ? found.text : '';
    if (result !== undefined) return [result, text];
  }
  return ['temperror', describeError(error)];
}
