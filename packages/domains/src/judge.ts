import {
  type Answered,
  type JudgedLook,
  judgeLook,
  judgeTlsa,
  type Problem,
  shown,
  type TlsaVerdict,
  type Verdict,
} from './judge-answers.ts';
import type { Look, ResolverSaid, Said, ServerSaid } from './look.ts';
import type { Wanted } from './wanted.ts';

/**
 * How a domain stands. `right`: every name server that answers says what is wanted. `spreading`: so they do, and caches may still hold what was before.
 * `partly`: mail comes to the host of its policy first, but something is missing, too much, or not the same everywhere. `wrong`: mail goes elsewhere
 * first, or nowhere. `unknown`: cannot be told.
 */
export type DomainState = 'right' | 'spreading' | 'partly' | 'wrong' | 'unknown';

/** What one look came to. */
export interface Finding extends Problem {
  readonly state: DomainState;
  /** Until when caches may hold old records, while `spreading`. */
  readonly until?: Date;
  readonly evidence: readonly Evidence[];
}

/** What one asked server says. */
export interface Evidence {
  readonly source: 'name server' | 'resolver' | 'TLSA';
  /** The name of a name server, the address of a resolver, a host for TLSA. */
  readonly who: string;
  readonly address?: string;
  /** The records, or why there are none. */
  readonly says: string;
  /** Undefined: nothing was said. */
  readonly verdict: Verdict['state'] | undefined;
  /** How long it may be kept, in seconds: of a resolver what is left. */
  readonly ttlSeconds?: number;
  readonly problem?: string;
}

/** What is known of caches from earlier looks. */
export interface Caches {
  /** Until when some cache may hold old records. */
  readonly oldUntil?: Date;
  /** It was right once since the records changed: a cache that was not seen then is no step back. */
  readonly settled: boolean;
  /** Resolvers that answer otherwise for longer than any cache could. */
  readonly overdue: readonly string[];
}

/** Judges one look. Pure. */
export function judge(wanted: Wanted, look: Look, caches: Caches = { settled: false, overdue: [] }): Finding {
  const judged = judgeLook(wanted, look);
  const tlsa = look.tlsa.map((said) => judgeTlsa(wanted, said)).filter((one) => one !== undefined);
  const evidence = [...evidenceOf(judged), ...tlsa.map(tlsaEvidence)];
  const { answered, servers } = judged;
  if (answered.length === 0) return { ...withoutAnswers(wanted, look, judged), evidence };
  const right = answered.filter(({ verdict }) => verdict.state === 'right');
  if (right.length < answered.length) return { ...notRight(answered, servers), evidence };
  return { ...(refused(judged) ?? heldBack(wanted, tlsa) ?? resolved(look, judged, caches, tlsa)), evidence };
}

type Sentence = Omit<Finding, 'evidence'>;

/** No name server said anything of the domain. */
function withoutAnswers({ domain }: Wanted, { zone, trouble }: Look, { servers, resolved }: JudgedLook): Sentence {
  const rightly =
    resolved.length > 0 && resolved.every(({ verdict }) => verdict.state === 'right') ? ' Resolvers still have the right records.' : '';
  if (zone === undefined) {
    return {
      state: 'unknown',
      sentence: `The name servers of ${domain} cannot be found${trouble === undefined ? '' : ` (${trouble})`}.${rightly}`,
      nextStep: 'Look whether the resolvers of this site answer; if they do, whether the domain is registered and delegated.',
    };
  }
  const faults = servers.map((server) => `${place(server)}: ${faultOf(server.said)}`).join('; ');
  const useless = servers.filter(({ said }) => said.kind === 'silent' && USELESS.has(said.fault));
  if (servers.length > 0 && useless.length === servers.length && resolved.length === 0) {
    return {
      state: 'wrong',
      sentence: `No name server serves ${domain} (${faults}): its mail does not arrive.`,
      nextStep: `Have the zone ${zone} loaded on its name servers, or the delegation corrected at the registrar.`,
    };
  }
  if (servers.length > 0 && servers.every(({ said }) => said.kind === 'silent' && said.fault === 'forbidden')) {
    return {
      state: 'unknown',
      sentence: `The name servers of ${domain} have addresses that are not public (${faults}), so they are not asked.${rightly}`,
      nextStep: 'Correct the addresses of the name servers; if they are yours, add their network to networks.own in the site file.',
    };
  }
  return {
    state: 'unknown',
    sentence: `No name server of ${domain} gives an answer${faults === '' ? '' : ` (${faults})`}.${rightly}`,
    nextStep: 'Wait for the next look; if it stays so, ask whoever runs the name servers.',
  };
}

/** What a server says that runs and does not serve the zone. */
const USELESS: ReadonlySet<string> = new Set(['lame', 'refused', 'servfail', 'malformed']);

/** At least one name server says something else than what is wanted. */
function notRight(answered: readonly Answered<ServerSaid>[], servers: readonly ServerSaid[]): Sentence {
  const others = answered.filter(({ verdict }) => verdict.state !== 'right');
  const [worst] = others.toSorted((a, b) => Number(a.verdict.state === 'partly') - Number(b.verdict.state === 'partly'));
  const problem = worst?.verdict.problems[0] ?? { sentence: 'The records differ.', nextStep: 'Look at the zone.' };
  const rights = answered.length - others.length;
  if (rights === 0) {
    const state = others.every(({ verdict }) => verdict.state === 'wrong') ? 'wrong' : 'partly';
    return { state, ...problem };
  }
  const places = others.map(({ from }) => place(from)).join(', ');
  const subject = others.length === 1 ? 'does' : 'do';
  return {
    state: 'partly',
    sentence: `${others.length} of ${servers.length} name servers ${subject} not have the new records: ${places}. There: ${problem.sentence}`,
    nextStep: `Have the zone transferred to ${places}; look at the serial number of its SOA record and at the transfer.`,
  };
}

/** The name servers are right, and somebody does not get their answer. */
function refused({ wanted, servers, resolvers, resolved }: JudgedLook): Sentence | undefined {
  const { domain } = wanted;
  const bogus = resolvers.filter((one) => one.bogus);
  if (bogus.length > 0) {
    return {
      state: resolved.length === 0 ? 'wrong' : 'partly',
      sentence: `The records of ${domain} are right, but their DNSSEC signatures are not: resolvers that check them (${bogus.map(({ label }) => label).join(', ')}) refuse the answer, and mail from there does not arrive.`,
      nextStep: 'Sign the zone anew, or correct the DS record at the registrar.',
    };
  }
  const useless = servers.filter(({ said }) => said.kind === 'silent' && USELESS.has(said.fault));
  if (useless.length > 0) {
    const faults = useless.map((server) => `${place(server)}: ${faultOf(server.said)}`).join('; ');
    return {
      state: 'partly',
      sentence: `${useless.length} of ${servers.length} name servers ${useless.length === 1 ? 'does' : 'do'} not serve ${domain} (${faults}); the others are right.`,
      nextStep: `Have the zone loaded there, or take ${names(useless)} out of the delegation.`,
    };
  }
  const failing = resolvers.filter(({ said }) => said.kind === 'silent' && said.fault === 'servfail');
  if (resolvers.length === 0 || failing.length < resolvers.length) return undefined;
  return {
    state: 'partly',
    sentence: `The name servers of ${domain} are right, but resolvers cannot reach them: ${failing.map(({ label, said }) => `${label}: ${faultOf(said)}`).join('; ')}.`,
    nextStep: 'Compare the name servers in the delegation at the registrar with those of the zone.',
  };
}

/** Mail comes here, and senders that check DANE keep it. The primary host counts: it is tried first. */
function heldBack({ mx: [primary] }: Wanted, tlsa: readonly TlsaVerdict[]): Sentence | undefined {
  const bad = tlsa.filter(({ binding, state }) => binding && state !== 'right');
  const worst = bad.find(({ exchange, state }) => exchange === primary?.exchange && state === 'wrong');
  const [first] = worst === undefined ? bad : [worst];
  return first?.problem && { state: worst === undefined ? 'partly' : 'wrong', ...first.problem };
}

function tlsaEvidence({ exchange, says: said, state, problem }: TlsaVerdict): Evidence {
  return { source: 'TLSA', who: exchange, says: said, verdict: state, ...(problem === undefined ? {} : { problem: problem.sentence }) };
}

/** Everybody who should be right is; caches may not be. */
function resolved(
  { at }: Look,
  { wanted, servers, answered, resolved: heard }: JudgedLook,
  { oldUntil, settled, overdue }: Caches,
  tlsa: readonly TlsaVerdict[],
): Sentence {
  const { domain, letter } = wanted;
  const behind = heard.filter(({ verdict }) => verdict.state !== 'right');
  const late = behind.filter(({ from }) => overdue.includes(from.label)).map(({ from }) => from.label);
  if (late.length > 0) {
    return {
      state: 'partly',
      sentence: `All name servers of ${domain} are right, but ${late.join(' and ')} has answered otherwise for longer than a cache may: it has a view of its own (split horizon), or overrules the TTL.`,
      nextStep: `Ask whoever runs ${late.join(' and ')}.`,
    };
  }
  const until = latest([oldUntil, ...behind.map(({ said }) => heldUntil(at, said.ttlSeconds))]);
  if (!settled && until !== undefined && (behind.length > 0 || until > at)) {
    return {
      state: 'spreading',
      until,
      sentence: `The name servers of ${domain} are right. Caches may keep the old answer until ${minute(until)}.`,
      nextStep: 'Nothing to do: wait.',
    };
  }
  const absent = servers.filter(({ said, silentNow }) => said.kind === 'silent' || silentNow !== undefined);
  const [hidden, notAsked] = [absent.filter(isSilentBy('forbidden')), absent.filter(isSilentBy('busy', 'aborted'))];
  const silent = absent.filter((one) => !hidden.includes(one) && !notAsked.includes(one));
  const notes = [
    ...new Set(answered.map(({ verdict }) => verdict.note)),
    silent.length > 0 ? `${silent.map(place).join(', ')} does not answer.` : undefined,
    hidden.length > 0 ? `${hidden.map(place).join(', ')} has an address that is not public, and is not asked.` : undefined,
    notAsked.length > 0 ? `${notAsked.map(place).join(', ')} was not asked this time: too much was to be asked at once.` : undefined,
    behind.length > 0 ? `${behind.map(({ from }) => from.label).join(', ')} still has an old answer in its cache.` : undefined,
    ...tlsa
      .filter(({ problem }) => problem !== undefined)
      .map(({ exchange }) => `The TLSA records of ${exchange} do not fit; they are not signed, so nobody looks at them.`),
  ].filter((note) => note !== undefined);
  return {
    state: 'right',
    sentence: [`The DNS of ${domain} is right: it names the hosts of policy ${letter}.`, ...notes].join(' '),
    nextStep: stepFor(silent, hidden),
  };
}

/** Whether a server is silent for one of these reasons. */
function isSilentBy(...faults: readonly string[]): (server: ServerSaid) => boolean {
  return ({ said }) => said.kind === 'silent' && faults.includes(said.fault);
}

function stepFor(silent: readonly ServerSaid[], hidden: readonly ServerSaid[]): string {
  if (silent.length > 0) return `Ask whoever runs ${names(silent)} why it does not answer.`;
  if (hidden.length === 0) return 'Nothing to do.';
  return `Correct the address of ${names(hidden)}; if it is yours, add its network to networks.own in the site file.`;
}

/** `ns1.example (192.0.2.1)` */
function place({ name, address }: ServerSaid): string {
  return `${shown(name)} (${address})`;
}

function names(servers: readonly ServerSaid[]): string {
  return [...new Set(servers.map(({ name }) => shown(name)))].join(', ');
}

function faultOf(said: Said): string {
  if (said.kind !== 'silent') return '';
  return FAULTS[said.fault] ?? said.detail;
}

const FAULTS: Readonly<Record<string, string>> = {
  timeout: 'no answer',
  lame: 'it does not have the zone',
  refused: 'REFUSED',
  servfail: 'SERVFAIL',
  forbidden: 'not a public address',
  busy: 'too much to ask at once',
};

function evidenceOf({ servers, answered, resolvers, resolved }: JudgedLook): readonly Evidence[] {
  const rows = (source: Evidence['source'], all: readonly (ServerSaid | ResolverSaid)[], judged: readonly Answered<unknown>[]) =>
    all.map((one): Evidence => {
      const found = judged.find(({ from }) => from === one);
      const { said } = one;
      const problem = found?.verdict.problems.map(({ sentence }) => sentence).join(' ');
      return {
        source,
        ...('label' in one ? { who: one.label } : { who: one.name, address: one.address }),
        says: `${says(one)}${'silentNow' in one && one.silentNow !== undefined ? ` (earlier; now ${one.silentNow})` : ''}`,
        verdict: found?.verdict.state,
        ...(said.kind === 'silent' ? {} : { ttlSeconds: said.ttlSeconds }),
        ...(problem ? { problem } : {}),
      };
    });
  return [...rows('name server', servers, answered), ...rows('resolver', resolvers, resolved)];
}

function says(one: ServerSaid | ResolverSaid): string {
  const { said } = one;
  switch (said.kind) {
    case 'records':
      return said.mx
        .toSorted((a, b) => a.preference - b.preference || a.exchange.localeCompare(b.exchange))
        .map(({ preference, exchange }) => `${preference} ${shown(exchange)}`)
        .join(', ');
    case 'none':
      return said.exists ? 'no MX records' : 'no such domain';
    case 'alias':
      return `CNAME ${shown(said.target)}`;
    case 'silent':
      return 'bogus' in one && one.bogus ? 'SERVFAIL, by DNSSEC' : faultOf(said);
  }
}

/** The latest of some times, if there is one. */
export function latest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : new Date(Math.max(...known.map((time) => time.getTime())));
}

/** Until when a cache may hold an answer that was given at a time. */
export function heldUntil(at: Date, ttlSeconds: number): Date {
  return new Date(at.getTime() + ttlSeconds * 1000);
}

function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
