/** Per-IP totals over all workers: the primary's share of the connection limit. */
export interface Crowd {
  /** A worker's counts replace its earlier ones. True when the set of crowded addresses changed. */
  note(worker: number, counts: readonly (readonly [ip: string, count: number])[]): boolean;
  /** A worker is gone. */
  forget(worker: number): boolean;
  /** Another limit, from a new site file. */
  setMax(perIpMax: number): boolean;
  /** Addresses at or above the limit. */
  readonly ips: readonly string[];
}

/** Adds up what workers report. Bounded by their own connection limits. */
export function createCrowd(perIpMax: number): Crowd {
  const byWorker = new Map<number, ReadonlyMap<string, number>>();
  let max = perIpMax;
  let ips: readonly string[] = [];

  const recount = (): boolean => {
    const totals = new Map<string, number>();
    for (const counts of byWorker.values()) for (const [ip, count] of counts) totals.set(ip, (totals.get(ip) ?? 0) + count);
    const next = [...totals].filter(([, count]) => count >= max).map(([ip]) => ip);
    const changed = next.length !== ips.length || next.some((ip) => !ips.includes(ip));
    ips = next;
    return changed;
  };
  return {
    note(worker, counts) {
      byWorker.set(worker, new Map(counts));
      return recount();
    },
    forget(worker) {
      byWorker.delete(worker);
      return recount();
    },
    setMax(next) {
      max = next;
      return recount();
    },
    get ips() {
      return ips;
    },
  };
}
