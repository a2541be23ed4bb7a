import type { DnsFault } from '../port.ts';
import type { Exchange } from './exchange.ts';
import { createQuery, type Question } from './query.ts';
import type { Response } from './response.ts';
import type { DnsServer } from './server-address.ts';
import { exchangeTcp } from './tcp.ts';
import { exchangeUdp } from './udp.ts';

/** What one server said: a response about the name (NOERROR or NXDOMAIN), or why there is none. */
export type Said =
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'fault'; readonly fault: DnsFault; readonly detail: string };

/** One server's turn. */
export interface Turn {
  readonly server: DnsServer;
  readonly question: Question;
  /** All its exchanges together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** RFC 6891 §7: how servers that do not know EDNS answer it (FORMERR, NOTIMP, BADVERS). */
const WITHOUT_EDNS: ReadonlySet<number> = new Set([1, 4, 16]);

/** Asks one server: over UDP, over TCP when the answer was cut, once more without EDNS when the server does not know it. */
export async function askServer(turn: Turn): Promise<Said> {
  const endsAt = turn.now() + turn.timeoutMs;
  for (const edns of [true, false]) {
    const exchange = await askOnce(turn, edns, () => Math.min(turn.timeoutMs, Math.max(0, endsAt - turn.now())));
    if (exchange.kind === 'truncated') return { kind: 'fault', fault: 'malformed', detail: 'truncated over TCP' };
    if (exchange.kind === 'fault') return exchange;
    if (edns && WITHOUT_EDNS.has(exchange.response.rcode)) continue;
    return judgeRcode(exchange.response);
  }
  return { kind: 'fault', fault: 'servfail', detail: 'no usable answer' };
}

async function askOnce({ server, question, signal }: Turn, edns: boolean, remainingMs: () => number): Promise<Exchange> {
  const query = createQuery(question, edns);
  const exchange = await exchangeUdp({ server, query, signal, timeoutMs: remainingMs() });
  // A new id for the connection: the first one has been on the wire.
  return exchange.kind === 'truncated'
    ? await exchangeTcp({ server, query: createQuery(question, edns), signal, timeoutMs: remainingMs() })
    : exchange;
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
function isReferral({ answers, authorities }: Response): boolean {
  return answers.length === 0 && authorities.some(({ type }) => type === 'NS') && !authorities.some(({ type }) => type === 'SOA');
}
