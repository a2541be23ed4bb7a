import { createDeadline } from '../engine/deadline.ts';

/**
 * Keeps a message that processes may have died of apart from the others, so that another death says which message it was: while such a message is
 * worked on, no other one is begun in this process.
 */
export class QuietRoom {
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #sharing = 0;
  #taken = false;
  /** Suspects that wait for their turn; while there are some, ordinary messages wait behind them. */
  #asking = 0;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** An ordinary message: waits while a suspect is worked on, but no longer than the room's time. Resolves with what ends it. Never rejects. */
  share(): (() => void) | Promise<() => void> {
    const may = () => !this.#taken && this.#asking === 0;
    return may() ? this.#beginSharing() : this.#when(may).then(() => this.#beginSharing());
  }

  /** A suspect: waits until nothing else is worked on; undefined when that takes longer than the room's time. Never rejects. */
  async alone(): Promise<(() => void) | undefined> {
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

  /** Resolves with true as soon as `may` says so, with false when the time is over. */
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
