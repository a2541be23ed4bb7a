/** What becomes of one more client: it is let in, the host has all it can hold, or its address has. */
export type Admitted = 'welcome' | 'full' | 'crowded';

/**
 * Counts clients. In a host of several processes the counts are the host's, and an answer may have to come from another process; nothing is said to
 * the client and nothing of it is read until then.
 */
export interface Admission {
  /** One more of this address. After `welcome` it is counted until `leave`. Never rejects; bounds its own wait. */
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
      if (count >= connectionsPerIpMax) return 'crowded';
      if (total >= connectionsMax) return 'full';
      perIp.set(ip, count + 1);
      total += 1;
      return 'welcome';
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
