import { getServers } from 'node:dns';
import { describeError } from '@vratny/text';
import { type Cancellation, createTurns, type Deadline, startDeadline } from '@vratny/waiting';
import { followChain, type Step } from './chain.ts';
import { abortedAnswer, faultAnswer } from './fault.ts';
import { LOOKUP_TIMEOUT_MS, SERVERS_MAX, SOCKETS_MAX, WAITING_MAX } from './limits.ts';
import { normaliseName, noSuchName } from './names.ts';
import type { Answer, Dns, RecordType } from './port.ts';
import { askServers, createServerOrder, isAborted } from './system/ask-servers.ts';
import type { Response } from './system/exchange.ts';
import { readStep } from './system/response-step.ts';
import { type DnsServer, parseDnsServer } from './system/server-address.ts';

export { type DnsServer, parseDnsServer } from './system/server-address.ts';

/** How the real DNS is asked. */
export interface SystemDnsOptions {
  /** Recursive resolvers: `ip`, `ip:port` or `[v6]:port`, at most 8. Empty: those of the machine (resolv.conf). */
  readonly servers: readonly string[];
  /** One look-up altogether; default 5,000. */
  readonly timeoutMs?: number;
  /** Takes answers that DNSSEC would make the resolver keep back (CD bit, RFC 4035 §3.2.2): what makes a resolver say SERVFAIL is told apart so. */
  readonly unchecked?: boolean;
  /** A clock in milliseconds for shares of the deadline; default a monotonic one. */
  readonly now?: () => number;
}

/**
 * A `Dns` over UDP and TCP. Node's own resolver is not used: it overruns its time-out and hides the AD bit and negative TTLs. Throws,
 * with one clear line, when a configured server is no address. Keep a cache in front of it.
 */
export function createSystemDns({
  servers,
  timeoutMs = LOOKUP_TIMEOUT_MS,
  unchecked = false,
  now = () => performance.now(),
}: SystemDnsOptions): Dns {
  const asking = unchecked ? 'unchecked' : 'recursive';
  const order = createServerOrder(chooseServers(servers), now);
  const slots = createTurns({ atOnce: SOCKETS_MAX, waitingMax: WAITING_MAX });
  return {
    async lookup<T extends RecordType>(
      written: string,
      type: T,
      { signal }: { readonly signal?: Cancellation | undefined } = {},
    ): Promise<Answer<T>> {
      if (signal?.aborted) return abortedAnswer;
      const name = normaliseName(written);
      if (name === undefined) return noSuchName;
      if (order.current().length === 0) return faultAnswer('unreachable', 'no DNS server is configured');
      using deadline = startDeadline(timeoutMs, { now, signal });
      const turn = await slots.take(deadline.signal);
      if (turn.kind !== 'turn') return noSlot(deadline);
      using _slot = turn;
      try {
        return await resolve(name, type, { order, asking, deadline, now });
      } catch (error) {
        // The port promises not to reject, whatever a stranger's packet made of us.
        return faultAnswer('malformed', describeError(error));
      }
    },
  };
}

function chooseServers(written: readonly string[]): readonly DnsServer[] {
  if (written.length > SERVERS_MAX) throw new Error(`at most ${SERVERS_MAX} DNS servers, not ${written.length}`);
  if (written.length > 0) return written.map(readServer);
  return getServers()
    .map(parseDnsServer)
    .filter((server) => server !== undefined)
    .slice(0, SERVERS_MAX);
}

function readServer(written: string): DnsServer {
  const server = parseDnsServer(written);
  if (server === undefined) throw new Error(`DNS server "${written}" is no IP address with or without a port`);
  return server;
}

function noSlot(deadline: Deadline): Answer<never> {
  return isAborted(deadline) ? abortedAnswer : faultAnswer('timeout', 'too many look-ups at once');
}

/** Follows CNAMEs inside a response as far as it goes; where they leave it, the name they lead to is asked. */
function resolve<T extends RecordType>(name: string, type: T, how: Parameters<typeof askServers>[1]): Answer<T> | Promise<Answer<T>> {
  let response: Response | undefined;
  return followChain(name, async (current): Promise<Step<T>> => {
    const known = response && readStep(response, current, type, false);
    if (known !== undefined) return known;
    // A target with octets no host name has, or too long, cannot be asked for.
    if (normaliseName(current) === undefined) return faultAnswer('malformed', `CNAME to ${current}`);
    const said = await askServers({ name: current, type }, how);
    if (said.kind === 'fault') return said;
    response = said.response;
    return readStep(response, current, type, true) ?? faultAnswer('malformed', `no answer for ${current}`);
  });
}
