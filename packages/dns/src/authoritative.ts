import { isIP } from 'node:net';
import { describeError } from '@vratny/text';
import { type Cancellation, startDeadline } from '@vratny/waiting';
import type { AuthoritativeDns, Delegate, ServerAnswer, ServerFault, ServerQuestion } from './authoritative/port.ts';
import { isPublicAddress } from './authoritative/public-address.ts';
import { createServerTurns } from './authoritative/server-turns.ts';
import { ANSWER_RECORDS_MAX, AUTHORITATIVE_TIMEOUT_MS, DELEGATES_MAX } from './limits.ts';
import { normaliseName } from './names.ts';
import type { RecordType } from './port.ts';
import { exchangeOnce, isAborted, isReferral } from './system/ask-servers.ts';
import type { Question, Resource, Response } from './system/exchange.ts';
import { isAtOrBelow, readStep } from './system/response-step.ts';
import { type DnsServer, parseDnsServer } from './system/server-address.ts';

/** How authoritative servers are asked. */
export interface AuthoritativeDnsOptions {
  /** Addresses that may be asked besides public ones: networks of our own. Default none. */
  readonly allows?: (ip: string) => boolean;
  /** One question over UDP and TCP together, from its turn on; default 4,000. */
  readonly timeoutMs?: number;
  /** A clock in milliseconds for shares of the deadline and the rate; default a monotonic one. */
  readonly now?: () => number;
}

/**
 * Look-ups at given servers over UDP, and over TCP where an answer was cut. Bounded: questions at once over all and for each server, questions a second
 * for each server, records of an answer. A stranger decides which addresses his zone names: those of private and special networks are not asked.
 */
export function createAuthoritativeDns({
  allows = () => false,
  timeoutMs = AUTHORITATIVE_TIMEOUT_MS,
  now = () => performance.now(),
}: AuthoritativeDnsOptions = {}): AuthoritativeDns {
  const turns = createServerTurns(now);
  return {
    async ask<T extends RecordType>(
      { server: written, name: asked, type, zone }: ServerQuestion<T>,
      { signal }: { readonly signal?: Cancellation | undefined } = {},
    ): Promise<ServerAnswer<T>> {
      if (signal?.aborted) return given('aborted', 'the look-up was given up');
      const name = normaliseName(asked);
      if (name === undefined) return given('malformed', `${JSON.stringify(asked)} is no domain name`);
      const server = parseDnsServer(written);
      if (server === undefined) return given('malformed', `${JSON.stringify(written)} is no address of a server`);
      if (!isPublicAddress(server.address) && !allows(server.address)) return given('forbidden', `${server.address} is no public address`);
      const turn = await turns.take(server.label, signal);
      if (turn.kind !== 'turn') return turn.kind === 'aborted' ? given('aborted', 'the look-up was given up') : given('busy', turn.kind);
      using _turn = turn;
      try {
        return await askOne({ server, question: { name, type }, zone: normaliseName(zone) ?? '', timeoutMs, now, signal });
      } catch (error) {
        // The port promises not to reject, whatever a stranger's packet made of us.
        return given('malformed', describeError(error));
      }
    },
  };
}

async function askOne<T extends RecordType>({
  timeoutMs,
  zone,
  ...ask
}: {
  readonly server: DnsServer;
  readonly question: Question & { readonly type: T };
  readonly zone: string;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly signal: Cancellation | undefined;
}): Promise<ServerAnswer<T>> {
  using deadline = startDeadline(timeoutMs, { now: ask.now, signal: ask.signal });
  const said = await exchangeOnce({ ...ask, timeoutMs, signal: deadline.signal, asking: 'authoritative' });
  if (isAborted(deadline)) return given('aborted', 'the look-up was given up');
  if (said.kind === 'fault') return given(NO_ROUTE.has(said.detail) ? 'no-route' : said.fault, said.detail);
  return readAnswer(said.response, ask.question, zone);
}

/** What the kernel says when this machine has no way to addresses of that kind. */
const NO_ROUTE: ReadonlySet<string> = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** RFC 1035 §4.1.1 and RFC 2136 §2.2 (NOTAUTH). */
const RCODES: ReadonlyMap<number, readonly [ServerFault, string]> = new Map([
  [2, ['servfail', 'SERVFAIL']],
  [5, ['refused', 'REFUSED']],
  [9, ['lame', 'NOTAUTH']],
]);

function readAnswer<T extends RecordType>(response: Response, { name, type }: { name: string; type: T }, zone: string): ServerAnswer<T> {
  const { rcode, authoritative, answers, authorities } = response;
  if (rcode !== 0 && rcode !== 3) return given(...(RCODES.get(rcode) ?? (['servfail', `response code ${rcode}`] as const)));
  if (answers.length > ANSWER_RECORDS_MAX || authorities.length > ANSWER_RECORDS_MAX) return given('malformed', 'too many records');
  if (!authoritative) return (rcode === 0 ? readReferral(response, name, zone) : undefined) ?? given('lame', 'it does not have the zone');
  const step = readStep(response, name, type, true);
  if (step === undefined || step.kind === 'fault') return given('malformed', step?.detail ?? 'no answer');
  const { authentic: _authentic, ...answer } = step;
  return answer;
}

/** RFC 1034 §4.3.2: below its zone a server refers to others. Up, or to its own zone, only one refers that does not have it. */
function readReferral(response: Response, name: string, zone: string): Extract<ServerAnswer<never>, { kind: 'referral' }> | undefined {
  const first = response.authorities.find((record) => record.type === 'NS');
  if (first === undefined || !isReferral(response)) return undefined;
  if (first.name === zone || !isAtOrBelow(first.name, zone) || !isAtOrBelow(name, first.name)) return undefined;
  const ofZone = response.authorities.filter((record) => record.type === 'NS' && record.name === first.name);
  const names = new Set(ofZone.map(({ data }) => (typeof data === 'string' ? normaliseName(data) : undefined)));
  const delegates = [...names]
    .filter((one) => one !== undefined)
    .slice(0, DELEGATES_MAX)
    .map((one): Delegate => ({ name: one, addresses: glueOf(response.additionals, one) }));
  return { kind: 'referral', zone: first.name, delegates, ttlSeconds: first.ttlSeconds };
}

function glueOf(additionals: readonly Resource[], name: string): readonly string[] {
  return additionals
    .filter((record) => record.name === name && (record.type === 'A' || record.type === 'AAAA'))
    .map(({ data }) => data)
    .filter((data): data is string => typeof data === 'string' && isIP(data) !== 0)
    .slice(0, DELEGATES_MAX);
}

function given(fault: ServerFault, detail: string): Extract<ServerAnswer<never>, { kind: 'fault' }> {
  return { kind: 'fault', fault, detail };
}
