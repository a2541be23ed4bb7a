import { SERVER_DEMOTION_MS } from '../limits.ts';
import type { DnsServer } from './server-address.ts';

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
