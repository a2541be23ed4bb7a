import { isIP } from 'node:net';
import { quoteText } from '@vratny/text';
import { NAME_SHOWN_MAX } from './limits.ts';
import type { ExchangeSaid, Look, Mx, ResolverSaid, Said, ServerSaid, TlsaSaid } from './look.ts';
import { tlsaName, type Wanted } from './wanted.ts';

/** What is wrong with MX records, and what is done about it, in plain words. */
export interface Problem {
  readonly sentence: string;
  readonly nextStep: string;
}

/** What MX records do to the mail of a domain. */
export interface Verdict {
  /** `partly`: mail comes to the host of its policy first, but something is missing or too much. `wrong`: it goes elsewhere first, or nowhere. */
  readonly state: 'right' | 'partly' | 'wrong';
  /** Worst first; none when right. */
  readonly problems: readonly Problem[];
  /** What is worth knowing although the records are right. */
  readonly note?: string;
}

/** A server that answered, with the verdict on it. */
export interface Answered<From> {
  readonly from: From;
  readonly said: Exclude<Said, { kind: 'silent' }>;
  readonly verdict: Verdict;
}

/** One look, with the verdict on each answer. */
export interface JudgedLook {
  readonly wanted: Wanted;
  /** Those that this machine can reach. */
  readonly servers: readonly ServerSaid[];
  readonly answered: readonly Answered<ServerSaid>[];
  readonly resolvers: readonly ResolverSaid[];
  readonly resolved: readonly Answered<ResolverSaid>[];
}

/** Judges what each server said. */
export function judgeLook(wanted: Wanted, { servers, resolvers, exchanges }: Look): JudgedLook {
  const resolved = answeredOf(resolvers, (said) => judgeRecords(wanted, said, exchanges));
  // Resolvers follow a CNAME record: where they come to the right records, so does mail.
  const followed = resolved.length > 0 && resolved.every(({ verdict }) => verdict.state === 'right');
  const judgeServer = (said: Answered<ServerSaid>['said']): Verdict => {
    const verdict = judgeRecords(wanted, said, exchanges);
    return said.kind === 'alias' && followed
      ? { state: 'right', problems: [], note: `It is another name for ${shown(said.target)}.` }
      : verdict;
  };
  const reachable = servers.filter(({ said }) => !(said.kind === 'silent' && said.fault === 'no-route'));
  return { wanted, servers: reachable, answered: answeredOf(reachable, judgeServer), resolvers, resolved };
}

function answeredOf<From extends { readonly said: Said }>(
  all: readonly From[],
  verdictOn: (said: Answered<From>['said']) => Verdict,
): readonly Answered<From>[] {
  return all.flatMap((from) => (from.said.kind === 'silent' ? [] : [{ from, said: from.said, verdict: verdictOn(from.said) }]));
}

/** Judges the MX records that one server gave. */
function judgeRecords(wanted: Wanted, said: Exclude<Said, { kind: 'silent' }>, exchanges: readonly ExchangeSaid[]): Verdict {
  const { domain } = wanted;
  if (said.kind === 'alias') {
    const sentence = `${domain} is another name for ${shown(said.target)} (a CNAME record), so it has the MX records of that name.`;
    return wrong({ sentence, nextStep: `Remove the CNAME record of ${domain}, and set ${listed(wanted.mx)}.` });
  }
  if (said.kind === 'none') {
    if (said.exists) return wrong({ sentence: `${domain} has no MX records.`, nextStep: `Set ${listed(wanted.mx)}.` });
    return wrong({
      sentence: `${domain} does not exist in DNS.`,
      nextStep: 'Register the domain, or correct its delegation at the registrar.',
    });
  }
  const problems = problemsOf(wanted, said.mx, exchanges);
  if (problems.length > 0) return { state: reachesPrimary(wanted, said.mx, exchanges) ? 'partly' : 'wrong', problems };
  const written = said.mx.map(({ preference }) => preference).toSorted((a, b) => a - b);
  const preferences = wanted.mx.map(({ preference }) => preference);
  if (written.join() === preferences.join()) return { state: 'right', problems };
  const note = `The preferences are ${written.join(' and ')} instead of ${preferences.join(' and ')}; their order is what counts.`;
  return { state: 'right', problems, note };
}

function wrong(problem: Problem): Verdict {
  return { state: 'wrong', problems: [problem] };
}

/** Whether senders try the domain's primary host among the first (RFC 5321 §5.1), and find it. */
function reachesPrimary({ mx: [primary] }: Wanted, mx: readonly Mx[], exchanges: readonly ExchangeSaid[]): boolean {
  const best = Math.min(...mx.map(({ preference }) => preference));
  const first = mx.filter(({ preference }) => preference === best);
  return first.some(({ exchange }) => exchange === primary?.exchange) && !hasNoAddress(primary?.exchange, exchanges);
}

function problemsOf(wanted: Wanted, mx: readonly Mx[], exchanges: readonly ExchangeSaid[]): readonly Problem[] {
  const named = new Set(mx.map(({ exchange }) => exchange));
  const missing = wanted.mx.filter(({ exchange }) => !named.has(exchange));
  const surplus = mx.filter(({ exchange }) => !wanted.mx.some((one) => one.exchange === exchange));
  const old = missing.length === wanted.mx.length ? otherLetter(wanted, mx) : undefined;
  if (old !== undefined) return [old];
  const none = missing.length === wanted.mx.length;
  const slips = surplus.map((record) => slipProblem(wanted, record, exchanges));
  const plain = surplus.filter((_, index) => slips[index] === undefined);
  return [
    ...slips.filter((one) => one !== undefined),
    ...(none ? [namesNone(wanted, mx)] : []),
    ...wanted.mx.filter(({ exchange }) => hasNoAddress(exchange, exchanges)).map(({ exchange }) => noAddress(exchange)),
    ...(none ? [] : plain.map((record) => surplusProblem(wanted, record))),
    ...(none ? [] : missing.map((record) => missingProblem(wanted, record))),
    ...(missing.length === 0 ? orderProblem(wanted, mx) : []),
  ];
}

function namesNone({ domain, mx }: Wanted, named: readonly Mx[]): Problem {
  return {
    sentence: `The MX records of ${domain} name none of its hosts, but ${named.map(({ exchange }) => shown(exchange)).join(' and ')}.`,
    nextStep: `Set ${listed(mx)}, and remove the others.`,
  };
}

/** All records are ours, of other letters. */
function otherLetter(wanted: Wanted, mx: readonly Mx[]): Problem | undefined {
  const hosts = mx.map(({ exchange }) => wanted.ours.get(exchange));
  const primaries = hosts.filter((host) => host?.role === 'primary');
  if (mx.length === 0 || hosts.includes(undefined) || primaries.length === 0) return undefined;
  const letters = primaries.map((host) => host?.letter).join(' and ');
  return {
    sentence: `${wanted.domain} has policy ${wanted.letter}, and its MX records still name the hosts of policy ${letters}.`,
    nextStep: `Set ${listed(wanted.mx)}, and remove ${mx.map(({ exchange }) => exchange).join(' and ')}.`,
  };
}

/** A record that is nearly what was meant, or no record that mail can follow. */
function slipProblem(wanted: Wanted, { exchange, preference }: Mx, exchanges: readonly ExchangeSaid[]): Problem | undefined {
  const { domain, ours } = wanted;
  const known = exchanges.find(({ name }) => name === exchange);
  const remove = `Remove the MX record ${preference} ${shown(exchange)}.`;
  if (exchange === '') {
    return {
      sentence: `${domain} says that it takes no mail (a null MX record, RFC 7505).`,
      nextStep: `Set ${listed(wanted.mx)} instead.`,
    };
  }
  const undotted = [...ours.keys()].find((name) => exchange.startsWith(`${name}.`));
  if (undotted !== undefined) {
    const sentence = `An MX record names ${shown(exchange)}: the dot behind ${undotted} is missing in the zone.`;
    return { sentence, nextStep: `Write ${undotted}. with its final dot.` };
  }
  if (isIP(exchange) !== 0) return { sentence: `An MX record names the address ${exchange}; it must name a host.`, nextStep: remove };
  if (known?.alias !== undefined) {
    const sentence = `An MX record names ${shown(exchange)}, which is another name for ${shown(known.alias)} (a CNAME record): an MX record must name the host itself (RFC 2181 §10.3).`;
    return { sentence, nextStep: ours.has(known.alias) ? `Set ${listed(wanted.mx)} instead.` : remove };
  }
  const same = sameAddresses(wanted, known, exchanges);
  if (same !== undefined) {
    return {
      sentence: `An MX record names ${shown(exchange)}, which has an address of ${same}.`,
      nextStep: `Set ${listed(wanted.mx)} instead.`,
    };
  }
  if (known?.addresses?.length !== 0 || ours.has(exchange)) return undefined;
  return { sentence: `An MX record names ${shown(exchange)}, which has no address.`, nextStep: remove };
}

function surplusProblem({ domain, letter, ours }: Wanted, { exchange, preference }: Mx): Problem {
  const host = ours.get(exchange);
  const primary = host?.role === 'primary' ? `a host of policy ${host.letter}` : `which is not the secondary host of policy ${letter}`;
  const what = host === undefined ? 'which is no host of ours: mail that goes there does not come here' : primary;
  return {
    sentence: `The MX records of ${domain} also name ${shown(exchange)}, ${what}.`,
    nextStep: `Remove the MX record ${preference} ${shown(exchange)}.`,
  };
}

/** One of our hosts that has an address of a stranger's. */
function sameAddresses({ ours }: Wanted, known: ExchangeSaid | undefined, exchanges: readonly ExchangeSaid[]): string | undefined {
  if (known === undefined || ours.has(known.name)) return undefined;
  return exchanges.find(({ name, addresses }) => ours.has(name) && addresses?.some((one) => known.addresses?.includes(one)))?.name;
}

function hasNoAddress(exchange: string | undefined, exchanges: readonly ExchangeSaid[]): boolean {
  return exchanges.some(({ name, addresses }) => name === exchange && addresses?.length === 0);
}

function noAddress(exchange: string): Problem {
  return {
    sentence: `${exchange} has no address, so no mail reaches it.`,
    nextStep: `Give ${exchange} its A and AAAA records in the zone of the cluster.`,
  };
}

function missingProblem({ domain, ours }: Wanted, { preference, exchange }: Mx): Problem {
  const backup = ours.get(exchange)?.role === 'secondary';
  return {
    sentence: backup
      ? `The MX record of the secondary host ${exchange} is missing: the mail of ${domain} has no backup.`
      : `The MX record of the primary host ${exchange} is missing: the mail of ${domain} goes to other hosts.`,
    nextStep: `Add the MX record ${preference} ${exchange}.`,
  };
}

/** Senders must try the primary first; equal preferences share the mail between the two. */
function orderProblem({ mx: wanted }: Wanted, mx: readonly Mx[]): readonly Problem[] {
  const [primary, secondary] = wanted.map(({ exchange }) =>
    mx.filter((one) => one.exchange === exchange).map(({ preference }) => preference),
  );
  if (primary === undefined || secondary === undefined) return [];
  const [first, backup] = [Math.max(...primary), Math.min(...secondary)];
  if (first < backup) return [];
  return [
    {
      sentence:
        first === backup
          ? `Both MX records have the preference ${first}: half of the mail comes to the secondary host first.`
          : `The preference of the secondary host (${backup}) is before that of the primary (${first}): mail comes to the secondary host first.`,
      nextStep: `Set ${listed(wanted)}.`,
    },
  ];
}

/** Records in a sentence: `the MX records 10 mx1d10.example and 20 mx1b20.example`. */
function listed(mx: readonly Mx[]): string {
  const words = mx.map(({ preference, exchange }) => `${preference} ${shown(exchange)}`);
  return `${mx.length === 1 ? 'the MX record' : 'the MX records'} ${words.join(' and ')}`;
}

/** A stranger's name. */
export function shown(name: string): string {
  return /^[a-z0-9._-]+$/u.test(name) ? name : quoteText(name === '' ? '.' : name, NAME_SHOWN_MAX);
}

/** What the TLSA records of one host do to mail from senders that check DANE. */
export interface TlsaVerdict {
  readonly exchange: string;
  /** `wrong`: they hold mail back, or would. */
  readonly state: Verdict['state'];
  /** Senders look at them: they are signed. */
  readonly binding: boolean;
  /** None when right. */
  readonly problem?: Problem;
  readonly says: string;
}

/**
 * Judges the TLSA records of a host (RFC 7672 §3). No record is no fault: mail is delivered without DANE. Records of other forms than ours cannot be judged
 * by keys alone, and are left to whoever published them; undefined then, and when nothing is known.
 */
export function judgeTlsa({ keysOf }: Wanted, { exchange, records, authentic }: TlsaSaid): TlsaVerdict | undefined {
  if (records === undefined || records.length === 0) return undefined;
  const keys = keysOf(exchange);
  const published = records.filter(isOurForm).map(({ data }) => Buffer.from(data).toString('hex'));
  const says = records.map((one) => `${one.usage} ${one.selector} ${one.matchingType} ${shortened(one.data)}`).join(', ');
  const verdict = (state: Verdict['state'], problem?: Problem): TlsaVerdict => {
    return { exchange, state, binding: authentic, says, ...(problem === undefined ? {} : { problem }) };
  };
  const at = tlsaName(exchange);
  if (keys.length === 0) {
    return verdict('wrong', {
      sentence: `${exchange} has TLSA records and offers no TLS: senders that check DANE (RFC 7672) do not deliver to it.`,
      nextStep: `Remove the TLSA records of ${at}.`,
    });
  }
  if (published.length < records.length) return undefined;
  const missing = keys.filter((key) => !published.includes(key));
  if (missing.length === 0) return verdict('right');
  const nextStep = `Add the TLSA record ${at} 3 1 1 ${missing.join(` and 3 1 1 `)}.`;
  if (missing.length < keys.length) {
    return verdict('partly', {
      sentence: `The TLSA records of ${exchange} lack ${missing.length} of its ${keys.length} keys: senders that check DANE (RFC 7672) and get such a certificate do not deliver.`,
      nextStep,
    });
  }
  return verdict('wrong', {
    sentence: `The TLSA records of ${exchange} fit none of its keys: senders that check DANE (RFC 7672) do not deliver to it.`,
    nextStep,
  });
}

function isOurForm({
  usage,
  selector,
  matchingType,
}: {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
}): boolean {
  return usage === 3 && selector === 1 && matchingType === 1;
}

/** The first octets: who compares digests by eye looks at the beginning. */
function shortened(data: Uint8Array): string {
  return `${Buffer.from(data.subarray(0, 4)).toString('hex')}...`;
}
