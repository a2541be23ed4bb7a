import type { Amounts } from '../messages.ts';
import type { LimitsOfHost } from './limits-of-host.ts';

/** The primary's book of what its workers have of the host's limits. It holds what workers hold, so that their own limits bound it. */
export class HostShares {
  #limits: LimitsOfHost;
  readonly #totals = new Map<string, number>();
  readonly #byWorker = new Map<number, Map<string, number>>();

  constructor(limits: LimitsOfHost) {
    this.#limits = limits;
  }

  /** Other limits, from a new site file. What is held above them stays until it is given back. */
  setLimits(limits: LimitsOfHost): void {
    this.#limits = limits;
  }

  /** All that is held of a key. */
  heldOf(key: string): number {
    return this.#totals.get(key) ?? 0;
  }

  /** A worker took this without asking: the first connection of an address. */
  took(worker: number, amounts: Amounts): void {
    for (const [key, amount] of amounts) this.#add(worker, key, amount);
  }

  /** A worker gives this back. */
  gave(worker: number, amounts: Amounts): void {
    for (const [key, amount] of amounts) this.#add(worker, key, -Math.min(amount, this.#byWorker.get(worker)?.get(key) ?? 0));
  }

  /** The answer to each question, in order: 0, or what was asked for and perhaps something to spare. */
  ask(worker: number, asked: Amounts): Amounts {
    return asked.map(([key, amount]) => {
      const room = this.#limits.maxOf(key) - this.heldOf(key);
      if (amount > room) return [key, 0];
      const granted = amount + Math.min(this.#limits.spareOf(key), room - amount);
      this.#add(worker, key, granted);
      return [key, granted];
    });
  }

  /** A worker is gone, and what it held is free. */
  forget(worker: number): void {
    for (const [key, amount] of this.#byWorker.get(worker) ?? []) this.#change(this.#totals, key, -amount);
    this.#byWorker.delete(worker);
  }

  #add(worker: number, key: string, amount: number): void {
    const own = this.#byWorker.get(worker) ?? new Map<string, number>();
    this.#byWorker.set(worker, own);
    this.#change(own, key, amount);
    this.#change(this.#totals, key, amount);
  }

  #change(amounts: Map<string, number>, key: string, by: number): void {
    const next = (amounts.get(key) ?? 0) + by;
    if (next > 0) amounts.set(key, next);
    else amounts.delete(key);
  }
}
