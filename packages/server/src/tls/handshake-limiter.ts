import { HANDSHAKE_YIELDS_MS, HANDSHAKES_MAX } from '../limits.ts';

/** A handshake that is to begin. */
export interface Handshake {
  /** Begins it. */
  readonly begin: () => void;
  /** Ends it, because others wait and it is not finished. */
  readonly cancel: () => void;
}

/**
 * Bounds the unfinished handshakes of a process: each holds some 100 KiB of buffers of OpenSSL and Node, for as long as
 * a client likes that sends its ClientHello and then nothing. Handshakes beyond the bound wait at little cost. While
 * some wait, the oldest running one is cancelled once it has lasted longer than any ordinary handshake. The newest is
 * admitted next, so that an ordinary client does not wait for many that never finish.
 */
export class HandshakeLimiter {
  readonly #monotonicMs: () => number;
  readonly #max: number;
  /** With the time when each began, the oldest first. */
  readonly #underway = new Map<Handshake, number>();
  readonly #waiting = new Set<Handshake>();
  #timer: NodeJS.Timeout | undefined;

  constructor(monotonicMs: () => number, max: number = HANDSHAKES_MAX) {
    this.#monotonicMs = monotonicMs;
    this.#max = max;
  }

  /** Begins a handshake, now or when there is room. The returned function must be called when it has ended. */
  admit(handshake: Handshake): () => void {
    if (this.#underway.size < this.#max) this.#start(handshake);
    else this.#waiting.add(handshake);
    this.#startTimer();
    return () => this.#release(handshake);
  }

  #start(handshake: Handshake): void {
    this.#underway.set(handshake, this.#monotonicMs());
    handshake.begin();
  }

  #release(handshake: Handshake): void {
    this.#waiting.delete(handshake);
    if (this.#underway.delete(handshake)) this.#admitNext();
    this.#startTimer();
  }

  #admitNext(): void {
    const next = [...this.#waiting].at(-1);
    if (next === undefined || this.#underway.size >= this.#max) return;
    this.#waiting.delete(next);
    this.#start(next);
  }

  /** Sets the timer for the oldest one while others wait. */
  #startTimer(): void {
    const [oldest] = this.#underway;
    if (this.#waiting.size === 0 || oldest === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const [handshake, begunAt] = oldest;
    const leftMs = begunAt + HANDSHAKE_YIELDS_MS - this.#monotonicMs();
    this.#timer ??= setTimeout(() => this.#cancelOldest(handshake), Math.max(0, leftMs)).unref();
  }

  #cancelOldest(handshake: Handshake): void {
    this.#timer = undefined;
    // It may have ended meanwhile.
    if (this.#waiting.size > 0 && this.#underway.has(handshake)) {
      handshake.cancel();
      this.#release(handshake);
    } else this.#startTimer();
  }
}
