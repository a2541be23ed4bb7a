import { createDeadline } from '../engine/deadline.ts';

/**
 * A shared and exclusive lock on processing messages. A suspect (a message during whose processing a process ended)
 * takes it exclusively, so that another death says which message it was; other messages share it.
 */
export class MessageLock {
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #sharing = 0;
  #taken = false;
  /** Suspects that wait for the lock; while there are some, other messages wait behind them. */
  #asking = 0;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /**
   * For an ordinary message: waits while a suspect is processed, at most {@link MESSAGE_LOCK_MS}. Gives the release.
   * Never rejects.
   */
  acquireShared(): (() => void) | Promise<() => void> {
    const may = () => !this.#taken && this.#asking === 0;
    return may() ? this.#beginSharing() : this.#when(may).then(() => this.#beginSharing());
  }

  /** For a suspect: waits until no other message is processed; undefined when that takes too long. Never rejects. */
  async acquireExclusive(): Promise<(() => void) | undefined> {
    this.#asking += 1;
    const mine = await this.#when(() => {
      if (this.#taken || this.#sharing > 0) return false;
      this.#taken = true;
      return true;
    });
    this.#asking -= 1;
    if (!mine) {
      this.#look();
      return undefined;
    }
    return this.#once(() => {
      this.#taken = false;
    });
  }

  #beginSharing(): () => void {
    this.#sharing += 1;
    return this.#once(() => {
      this.#sharing -= 1;
    });
  }

  /** Resolves with true as soon as `may` does, with false when the time is over. */
  #when(may: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (result: boolean) => {
        this.#waiting.delete(attempt);
        deadline.stop();
        resolve(result);
      };
      const attempt = () => {
        if (may()) settle(true);
      };
      const deadline = createDeadline(this.#waitMs, () => settle(false));
      deadline.restart();
      this.#waiting.add(attempt);
      attempt();
    });
  }

  #once(run: () => void): () => void {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      run();
      this.#look();
    };
  }

  #look(): void {
    for (const one of this.#waiting) one();
  }
}
