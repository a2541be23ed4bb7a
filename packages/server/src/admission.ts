/**
 * Whether one more client is admitted. `full`: the host has reached its limit. `too-many-from-address`: the address
 * has.
 */
export type Admitted = 'admitted' | 'full' | 'too-many-from-address';

/**
 * Counts clients. In a host of several processes the counts are those of the host, and the answer may have to come from
 * another process; until then nothing is sent to the client or read from it.
 */
export interface Admission {
  /**
   * Asks for one more client of this address. After `admitted` it is counted until `leave`. Never rejects; bounds its
   * own wait.
   */
  enter(ip: string): Admitted | Promise<Admitted>;
  leave(ip: string): void;
}

/** Bounds of clients at once. */
export interface AdmissionLimits {
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
}

/** Counts the clients of this process alone. */
export function createAdmission({ connectionsMax, connectionsPerIpMax }: AdmissionLimits): Admission {
  const perIp = new Map<string, number>();
  let total = 0;
  return {
    enter(ip) {
      const count = perIp.get(ip) ?? 0;
      if (count >= connectionsPerIpMax) return 'too-many-from-address';
      if (total >= connectionsMax) return 'full';
      perIp.set(ip, count + 1);
      total += 1;
      return 'admitted';
    },
    leave(ip) {
      const count = perIp.get(ip) ?? 0;
      if (count === 0) return;
      total -= 1;
      if (count > 1) perIp.set(ip, count - 1);
      else perIp.delete(ip);
    },
  };
}
