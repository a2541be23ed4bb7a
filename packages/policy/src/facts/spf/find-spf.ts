import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Dns } from '@vratny/dns';
import { describeError } from '@vratny/text';
import { type Cancellation, giveWay, withDeadline } from '@vratny/waiting';
import ipaddr from 'ipaddr.js';
import type { DNSResolver } from 'mailauth';
import type { SpfResolver } from 'mailauth/lib/spf/spf-verify.js';
import { DOMAIN_MAX_CHARS, SPF_EVALUATION_MS, SPF_LOOKUPS_MAX, SPF_RECORD_MAX_CHARS, SPF_VOID_MAX } from '../../limits.ts';
import type { MailContext } from '../../model/stage.ts';
import { createKeptResults } from '../kept-results.ts';
import { mailResolver } from '../mail-resolver.ts';

const keptAnswers = createKeptResults<SpfAnswer>();

/** The inputs of an answer. A record without macros uses the client and the domain only (RFC 7208 §5 and §7). */
function keysOf({ sender, helo, ip, mta }: SpfQuestion): { readonly short: string; readonly full: string } {
  const domain = sender === undefined ? helo : sender.slice(sender.lastIndexOf('@') + 1);
  return { short: `${ip} ${domain}`, full: JSON.stringify([ip, sender, helo, mta]) };
}

/** What `findSpf` asks. */
export interface SpfContext {
  readonly dns: Dns;
  readonly clock: () => Date;
  readonly signal: Cancellation;
}

/**
 * {@link checkHost} with a cache: an answer is kept as long as its DNS answers are valid; errors are not kept.
 * Synchronous when it is cached.
 */
export function findSpf(question: SpfQuestion, { dns, clock, signal }: SpfContext): SpfAnswer | Promise<SpfAnswer> {
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

/** The results of RFC 7208 §2.6. */
export type SpfResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';

/** Whose mail it is. */
export interface SpfQuestion {
  /**
   * `local@domain` with the local part unquoted, as macros need it; undefined for the null sender, whose HELO name is
   * asked (§2.4).
   */
  readonly sender: string | undefined;
  readonly helo: string;
  readonly ip: string;
  /** Our own name, for the macro `%{r}`. */
  readonly mta: string;
}

/** The inputs of SPF for a transaction. */
export function spfQuestion({ client, helo, sender, settings }: Pick<MailContext, 'client' | 'helo' | 'sender' | 'settings'>): SpfQuestion {
  return {
    // The local part unquoted, as macros need it (RFC 7208 §7.3); it is quoted where it is written.
    sender: sender === null ? undefined : `${sender.local}@${sender.domain}`,
    ip: client.ip,
    helo: helo.name,
    mta: settings.hostName,
  };
}

/** What check_host() found (RFC 7208 §4). */
export interface SpfAnswer {
  readonly result: SpfResult;
  /** Whose record was asked; as written when it is malformed. */
  readonly domain: string;
  /** Why there is an error. */
  readonly problem: string | undefined;
  readonly explanation: string | undefined;
  /** The record of {@link domain} as it was read; undefined when there is none. */
  readonly record?: string | undefined;
  /** The record speaks of the local part (RFC 8601 §2.7.2). */
  readonly usedLocalPart: boolean;
}

const QUALIFIERS = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const;

/**
 * RFC 7208, with mailauth's evaluation of records. Domain names and the bounds of records are handled here: mailauth
 * rejects names with an underscore, and does not bound the records.
 */
export async function checkHost({ sender, helo, ip, mta }: SpfQuestion, resolver: DNSResolver): Promise<SpfAnswer> {
  const written = sender === undefined ? helo : sender.slice(sender.lastIndexOf('@') + 1);
  const domain = targetName(written);
  const context = { warnings: new Set<string>(), usedLocalPart: false };
  const first: { record?: string } = {};
  const answer = (result: SpfResult, problem?: string, explanation?: string): SpfAnswer => ({
    result,
    domain: domain ?? written,
    problem,
    explanation,
    ...first,
    usedLocalPart: context.usedLocalPart,
  });
  if (domain === undefined) return answer('none');
  const local = sender?.slice(0, sender.lastIndexOf('@')) ?? '';
  const { spfVerify } = await import('mailauth/lib/spf/spf-verify.js');
  try {
    const evaluation = spfVerify(domain, {
      sender: `${local === '' ? 'postmaster' : local}@${domain}`,
      ip: withoutIPv4Mapping(ip),
      mta,
      helo,
      strict: true,
      ctx: context,
      resolver: limitedResolver(resolver, { firstIsFree: true, voidMax: SPF_VOID_MAX, first }),
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
function withoutIPv4Mapping(ip: string): string {
  return /^::ffff:/iu.test(ip) && ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : ip;
}

/** @throws what is no answer */
function errorOf(error: unknown): [SpfResult, string] {
  const found: unknown = error instanceof Error && 'spfResult' in error ? error.spfResult : undefined;
  if (typeof found === 'object' && found !== null && 'error' in found) {
    const result = (['permerror', 'temperror', 'none'] as const).find((one) => one === found.error);
    const text = 'text' in found && typeof found.text === 'string' ? found.text : '';
    if (result !== undefined) return [result, text];
  }
  // What DNS says has a code; anything else is a bug of ours or of the library, and no answer about the record.
  if (codeOf(error) === undefined) throw error;
  return ['temperror', describeError(error)];
}

/** What DNS says; Node's own errors, which begin with `ERR_`, say nothing about DNS. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code?.startsWith('ERR_') === true ? undefined : code;
}

/** DNS queries of one evaluation (RFC 7208 §4.6.4). */
interface LookupLimits {
  /** The first question is the record itself, which does not count. */
  readonly firstIsFree: boolean;
  readonly voidMax: number;
  /** Where the record that is asked for first is written down. */
  readonly first?: { record?: string };
}

/** An error that ends the evaluation with a result. */
class SpfError extends Error {
  override readonly name = 'SpfError';
  /** As mailauth reads it, and writes the record's text into it. */
  readonly spfResult: { error: 'permerror' | 'temperror' | 'none'; text: string };

  constructor(error: 'permerror' | 'temperror' | 'none', text: string) {
    super(text);
    this.spfResult = { error, text };
  }
}

/** Counts look-ups and those that find nothing; bounds the records; each answer begins a turn of the event loop. */
function limitedResolver(resolver: DNSResolver, { firstIsFree, voidMax, first }: LookupLimits): SpfResolver {
  let count = firstIsFree ? -1 : 0;
  let voidCount = 0;
  const limited = async (name: string, type: string): Promise<readonly unknown[]> => {
    count += 1;
    if (count > SPF_LOOKUPS_MAX) throw new SpfError('permerror', 'Too many DNS requests');
    if (!isAskable(name)) throw new SpfError('permerror', `Invalid domain ${name.slice(0, 300)}`);
    await giveWay();
    try {
      const found = bounded(await resolver(name, type), type);
      if (first !== undefined && count === 0 && type === 'TXT' && typeof found[0] === 'string') first.record = found[0];
      return found;
    } catch (error) {
      if (error instanceof SpfError) throw error;
      const code = codeOf(error);
      if (code === undefined) throw error;
      if (code !== 'ENOTFOUND' && code !== 'ENODATA') throw new SpfError('temperror', `${code} when resolving ${name}`);
      voidCount += 1;
      if (voidCount > voidMax) throw new SpfError('permerror', 'Too many void DNS results');
      return [];
    }
  };
  return Object.assign(limited, {
    updateSubQueries: () => undefined,
    getResolveCount: () => count,
    getVoidCount: () => voidCount,
  });
}

/** The void look-ups of a whole evaluation, or none for the addresses of MX and PTR names. */
function subResolvers(resolver: DNSResolver): (options?: { readonly ignoreVoid?: boolean }) => SpfResolver {
  return (options) =>
    limitedResolver(resolver, { firstIsFree: false, voidMax: options?.ignoreVoid === true ? Number.POSITIVE_INFINITY : SPF_VOID_MAX });
}

/** A space is what the macro `%_` makes (RFC 7208 §7.1). */
function isAskable(name: string): boolean {
  return targetName(name.replaceAll(' ', '_')) !== undefined;
}

/** Only SPF records (two are as wrong as a thousand), and none that takes long to read. */
function bounded(records: readonly unknown[], type: string): readonly unknown[] {
  if (type !== 'TXT') return records;
  const texts = records.map((record) => (Array.isArray(record) ? record.join('') : String(record)));
  const policies = texts.filter((text) => /^v=spf1(?: |$)/iu.test(text)).slice(0, 2);
  if (policies.some((text) => text.length > SPF_RECORD_MAX_CHARS)) {
    throw new SpfError('permerror', `SPF record of more than ${SPF_RECORD_MAX_CHARS} characters`);
  }
  return policies;
}

/** The domain's explanation of a fail (RFC 7208 §6.2); dropped when it is too long. */
function explanationResolver(resolver: DNSResolver): (name: string, type: string) => Promise<readonly unknown[]> {
  return async (name, type) => {
    const records: readonly unknown[] = await resolver(name, type);
    if (type !== 'TXT') return records;
    return records.filter((record) => (Array.isArray(record) ? record.join('') : String(record)).length <= SPF_RECORD_MAX_CHARS);
  };
}

const LABEL = /^[\u0021-\u002d\u002f-\u007e]{1,63}$/u;

/**
 * The domain whose record is queried, in A-labels and lower case, without its final dot; undefined when it is malformed
 * (RFC 7208 §4.3): an empty label or one of more than 63 octets, a name of more than 253, a single label, or an
 * address. Underscores and hyphens are allowed anywhere (RFC 2181 §11).
 */
export function targetName(written: string): string | undefined {
  if (written.length > 2 * DOMAIN_MAX_CHARS) return undefined;
  const dotless = written.trim().toLowerCase().replace(/\.$/u, '');
  const name = /^[\u0000-\u007f]*$/u.test(dotless) ? dotless : domainToASCII(dotless);
  if (name.length >= DOMAIN_MAX_CHARS || isIP(name) !== 0 || name.startsWith('[')) return undefined;
  const labels = name.split('.');
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) ? name : undefined;
}
