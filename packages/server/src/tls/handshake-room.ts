import { HANDSHAKE_YIELDS_MS, HANDSHAKES_MAX } from '../limits.ts';

/** A client that is to shake hands. */
export interface Handshake {
  /** It begins now. */
  readonly begin: () => void;
  /** It has begun, is not finished, and others need its place. */
  readonly giveWay: () => void;
}

/**
 * Bounds the handshakes that have begun and are not finished in a process: each holds some 100 KiB of OpenSSL's and Node's buffers, and a client
 * that sends its ClientHello and then nothing has it for as long as it likes. Those beyond the bound wait, for next to nothing; when somebody waits,
 * the oldest handshake gives way once it has gone on for longer than any honest one. Who came last is next: of a crowd that is never finished each
 * one has its seconds, and a client that is in earnest does not wait behind all of them.
 */
export class HandshakeRoom {
  readonly #monotonicMs: () => number;
  readonly #max: number;
  /** With the time of their beginning, the oldest first. */
  readonly #underway = new Map<Handshake, number>();
  readonly #waiting = new Set<Handshake>();
  #timer: NodeJS.Timeout | undefined;

  constructor(monotonicMs: () => number, max: number = HANDSHAKES_MAX) {
    this.#monotonicMs = monotonicMs;
    this.#max = max;
  }

  /** Begins it, now or when there is room; what it returns is called when it is finished or its client is gone. */
  enter(handshake: Handshake): () => void {
    if (this.#underway.size < this.#max) this.#begin(handshake);
    else this.#waiting.add(handshake);
    this.#watch();
    return () => this.#leave(handshake);
  }

  #begin(handshake: Handshake): void {
    this.#underway.set(handshake, this.#monotonicMs());
    handshake.begin();
  }

  #leave(handshake: Handshake): void {
    this.#waiting.delete(handshake);
    if (this.#underway.delete(handshake)) this.#fill();
    this.#watch();
  }

  #fill(): void {
    const next = [...this.#waiting].at(-1);
    if (next === undefined || this.#underway.size >= this.#max) return;
    this.#waiting.delete(next);
    this.#begin(next);
  }

  /** Looks again when the oldest has had its time, as long as somebody waits. */
  #watch(): void {
    const [oldest] = this.#underway;
    if (this.#waiting.size === 0 || oldest === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const [handshake, begunAt] = oldest;
    const leftMs = begunAt + HANDSHAKE_YIELDS_MS - this.#monotonicMs();
    this.#timer ??= setTimeout(() => this.#look(handshake), Math.max(0, leftMs)).unref();
  }

  #look(handshake: Handshake): void {
    this.#timer = undefined;
    // Another one is the oldest if it has finished meanwhile.
    if (this.#waiting.size > 0 && this.#underway.has(handshake)) {
      handshake.giveWay();
      this.#leave(handshake);
    } else this.#watch();
  }
}
