import type { Cancellation, Deadline } from '@vratny/waiting';
import { abortedAnswer, type Fault, faultAnswer } from '../fault.ts';
import { SERVER_DEMOTION_MS } from '../limits.ts';
import type { DnsFault } from '../port.ts';
import { type Asking, type Exchange, exchange, type Question, type Response } from './exchange.ts';
import type { DnsServer } from './server-address.ts';

/** The fault that says most comes first: who answered SERVFAIL knows more than who did not answer. */
const TELLING: readonly DnsFault[] = ['servfail', 'refused', 'malformed', 'timeout', 'unreachable'];

/** Asks the servers in their order, each with an equal share of the time that is left, until one gives a response. */
export async function askServers(
  question: Question,
  {
    order,
    asking,
    deadline,
    now,
  }: { readonly order: ServerOrder; readonly asking: Asking; readonly deadline: Deadline; readonly now: () => number },
): Promise<Said> {
  const faults: Fault[] = [];
  const servers = order.current();
  for (const [index, server] of servers.entries()) {
    const remainingMs = deadline.remainingMs();
    if (remainingMs <= 0 || deadline.signal.aborted) break;
    const timeoutMs = remainingMs / (servers.length - index);
    const said = await askServer({ server, question, asking, timeoutMs, signal: deadline.signal, now });
    if (isAborted(deadline)) break;
    if (said.kind === 'response') {
      order.answered(server);
      return said;
    }
    if (said.fault === 'timeout' || said.fault === 'unreachable') order.silent(server);
    else order.answered(server);
    faults.push(faultAnswer(said.fault, `${server.label}: ${said.detail}`));
  }
  return isAborted(deadline) ? abortedAnswer : summarise(question, faults);
}

/** The caller gave up; that the time was over is another thing. */
export function isAborted({ signal, passed }: Deadline): boolean {
  return signal.aborted && !passed;
}

function summarise(question: Question, faults: readonly Fault[]): Fault {
  const fault = TELLING.find((candidate) => faults.some((each) => each.fault === candidate)) ?? 'timeout';
  const said = faults.map((each) => each.detail).join('; ');
  return faultAnswer(fault, `${question.name} ${question.type}: ${said === '' ? 'out of time' : said}`);
}

/** What one server said: a response about the name (NOERROR or NXDOMAIN), or why there is none. */
type Said =
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'fault'; readonly fault: DnsFault; readonly detail: string };

/** One server's turn. */
interface Turn {
  readonly server: DnsServer;
  readonly question: Question;
  readonly asking: Asking;
  /** All its exchanges together. */
  readonly timeoutMs: number;
  readonly signal: Cancellation;
  readonly now: () => number;
}

/** RFC 6891 §7: how servers that do not know EDNS answer it (FORMERR, NOTIMP, BADVERS). */
const WITHOUT_EDNS: ReadonlySet<number> = new Set([1, 4, 16]);

/** Asks one server: over UDP, over TCP when the answer was cut, once more without EDNS when the server does not know it. */
export async function exchangeOnce(turn: Turn): Promise<Exclude<Exchange, { kind: 'truncated' }>> {
  const endsAt = turn.now() + turn.timeoutMs;
  const remainingMs = () => Math.min(turn.timeoutMs, Math.max(0, endsAt - turn.now()));
  for (const edns of [true, false]) {
    const exchanged = await exchange({ ...turn, edns, remainingMs });
    if (exchanged.kind === 'truncated') return { kind: 'fault', fault: 'malformed', detail: 'truncated over TCP' };
    if (exchanged.kind === 'fault') return exchanged;
    if (edns && WITHOUT_EDNS.has(exchanged.response.rcode)) continue;
    return exchanged;
  }
  return { kind: 'fault', fault: 'servfail', detail: 'no usable answer' };
}

async function askServer(turn: Turn): Promise<Said> {
  const exchanged = await exchangeOnce(turn);
  return exchanged.kind === 'response' ? judgeRcode(exchanged.response) : exchanged;
}

/** RFC 1035 §4.1.1. */
function judgeRcode(response: Response): Said {
  switch (response.rcode) {
    case 0:
      return isReferral(response)
        ? { kind: 'fault', fault: 'servfail', detail: 'a referral, it does not recurse' }
        : { kind: 'response', response };
    case 3:
      return { kind: 'response', response };
    case 5:
      return { kind: 'fault', fault: 'refused', detail: 'REFUSED' };
    default:
      return { kind: 'fault', fault: 'servfail', detail: response.rcode === 2 ? 'SERVFAIL' : `response code ${response.rcode}` };
  }
}

/** RFC 2308 §2.2: NS without SOA. The server is no resolver for us and has said nothing of the name. */
export function isReferral({ answers, authorities }: Response): boolean {
  return answers.length === 0 && authorities.some(({ type }) => type === 'NS') && !authorities.some(({ type }) => type === 'SOA');
}

/** In which order servers are asked: as configured, but those that did not answer lately come last. */
export interface ServerOrder {
  current(): readonly DnsServer[];
  /** It did not answer: asked last for 30 s. What it answered is no reason, that is about the name. */
  silent(server: DnsServer): void;
  answered(server: DnsServer): void;
}

/** Makes one; `now` is in milliseconds. */
export function createServerOrder(servers: readonly DnsServer[], now: () => number): ServerOrder {
  const silentSince = new Map<DnsServer, number>();
  const isSilent = (server: DnsServer): boolean => {
    const since = silentSince.get(server);
    return since !== undefined && now() - since < SERVER_DEMOTION_MS;
  };
  return {
    current: () => [...servers.filter((server) => !isSilent(server)), ...servers.filter(isSilent)],
    silent: (server) => void silentSince.set(server, now()),
    answered: (server) => void silentSince.delete(server),
  };
}
