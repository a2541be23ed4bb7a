import type { Delay } from '@vratny/smtp';
import { CONNECTIONS_MAX, CONNECTIONS_PER_IP_MAX } from './limits.ts';
import type { TarpitOptions } from './options.ts';
import { CROWDED, FULL } from './replies.ts';
import type { Visitor } from './visitor.ts';

/** The visitors, and how many of each address; health checks of proxies are visitors, and no address counts them. */
export class ConnectionCounts {
  readonly #max: number;
  readonly #perIpMax: number;
  readonly #perIp = new Map<string, number>();
  readonly #visitors = new Set<Visitor>();
  #healthChecks = 0;

  constructor({ connectionsMax = CONNECTIONS_MAX, connectionsPerIpMax = CONNECTIONS_PER_IP_MAX }: TarpitOptions) {
    this.#max = connectionsMax;
    this.#perIpMax = connectionsPerIpMax;
  }

  get visitors(): ReadonlySet<Visitor> {
    return this.#visitors;
  }

  get clients(): { readonly total: number; readonly perIp: ReadonlyMap<string, number> } {
    return { total: this.#visitors.size - this.#healthChecks, perIp: this.#perIp };
  }

  /** Why nobody is taken now, whoever it is, where `waiting` more are there already; undefined when there is room. */
  full(waiting: number): Delay | undefined {
    return this.#visitors.size + waiting >= this.#max ? FULL : undefined;
  }

  /** Counts one more, or says why it is not taken. */
  add(visitor: Visitor): Delay | undefined {
    const ofAddress = this.#perIp.get(visitor.ip) ?? 0;
    const refusal = this.full(0) ?? (!visitor.healthCheck && ofAddress >= this.#perIpMax ? CROWDED : undefined);
    if (refusal !== undefined) return refusal;
    this.#visitors.add(visitor);
    if (visitor.healthCheck) this.#healthChecks += 1;
    else this.#perIp.set(visitor.ip, ofAddress + 1);
    return undefined;
  }

  remove(visitor: Visitor): void {
    if (!this.#visitors.delete(visitor)) return;
    const left = (this.#perIp.get(visitor.ip) ?? 1) - 1;
    if (visitor.healthCheck) this.#healthChecks -= 1;
    else if (left > 0) this.#perIp.set(visitor.ip, left);
    else this.#perIp.delete(visitor.ip);
  }
}
