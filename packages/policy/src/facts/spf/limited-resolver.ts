import { giveWay } from '@vratny/waiting';
import type { DNSResolver } from 'mailauth';
import type { SpfResolver } from 'mailauth/lib/spf/spf-verify.js';
import { SPF_LOOKUPS_MAX, SPF_RECORD_MAX_CHARS, SPF_VOID_MAX } from '../../limits.ts';
import { targetName } from './target-name.ts';

/** What one evaluation may ask (RFC 7208 §4.6.4). */
export interface LookupLimits {
  /** The first question is the record itself, which does not count. */
  readonly firstIsFree: boolean;
  readonly voidMax: number;
}

/** An error that ends the evaluation with a result. */
export class SpfError extends Error {
  override readonly name = 'SpfError';
  /** As mailauth reads it, and writes the record's text into it. */
  readonly spfResult: { error: 'permerror' | 'temperror' | 'none'; text: string };

  constructor(error: 'permerror' | 'temperror' | 'none', text: string) {
    super(text);
    this.spfResult = { error, text };
  }
}

/** Counts look-ups and those that find nothing; bounds the records; each answer begins a turn of the event loop. */
export function limitedResolver(resolver: DNSResolver, { firstIsFree, voidMax }: LookupLimits): SpfResolver {
  let count = firstIsFree ? -1 : 0;
  let voidCount = 0;
  const limited = async (name: string, type: string): Promise<readonly unknown[]> => {
    count += 1;
    if (count > SPF_LOOKUPS_MAX) throw new SpfError('permerror', 'Too many DNS requests');
    if (!isAskable(name)) throw new SpfError('permerror', `Invalid domain ${name.slice(0, 300)}`);
    await giveWay();
    try {
      return bounded(await resolver(name, type), type);
    } catch (error) {
      if (error instanceof SpfError) throw error;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOTFOUND' && code !== 'ENODATA') throw new SpfError('temperror', `${String(code ?? error)} when resolving ${name}`);
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
export function subResolvers(resolver: DNSResolver): (options?: { readonly ignoreVoid?: boolean }) => SpfResolver {
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

/** The domain owner's words about a fail (RFC 7208 §6.2); what is too long to be words is none. */
export function explanationResolver(resolver: DNSResolver): (name: string, type: string) => Promise<readonly unknown[]> {
  return async (name, type) => {
    const records: readonly unknown[] = await resolver(name, type);
    if (type !== 'TXT') return records;
    return records.filter((record) => (Array.isArray(record) ? record.join('') : String(record)).length <= SPF_RECORD_MAX_CHARS);
  };
}
