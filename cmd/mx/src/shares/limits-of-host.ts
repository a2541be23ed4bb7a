import type { Site } from '@vratny/config';

/** The key of all connections of a host. */
export const CONNECTIONS = '';

/** The key of the octets of all messages in flight. */
export const OCTETS = '#';

// Every other key is the address of a client.

/** How much there is of each thing that the workers of a host share. */
export interface LimitsOfHost {
  maxOf(key: string): number;
  /**
   * What a worker may have in hand beyond what it uses, so that it need not ask each time: a hundredth of the whole for all workers together, and
   * nothing where that is less than one. So a small limit is exact, and a large one is to within a hundredth.
   */
  spareOf(key: string): number;
}

/** Of a site. */
export function limitsOfHost({ limits }: Pick<Site, 'limits'>, workers: number): LimitsOfHost {
  const maxOf = (key: string) => {
    if (key === CONNECTIONS) return limits.connections;
    return key === OCTETS ? limits.messagesInFlight : limits.connectionsPerIp;
  };
  return { maxOf, spareOf: (key) => Math.floor(maxOf(key) / (100 * workers)) };
}
