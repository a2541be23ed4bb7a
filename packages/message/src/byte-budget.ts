/** How many octets of messages may be in flight at once, in this process or in all of a host (`452 4.3.1` above it). */
export interface ByteBudget {
  /** Of this process. */
  readonly takenBytes: number;
  /** Takes `bytes`, or nothing and says false. A budget of several processes may have to ask another one. Never rejects; bounds its own wait. */
  take(bytes: number): boolean | Promise<boolean>;
  /** Gives back what was taken before. */
  give(bytes: number): void;
}

/** Creates a budget of `maxBytes`. Nothing waits for it: who does not get it says so to the sender. */
export function createByteBudget(maxBytes: number): ByteBudget {
  let takenBytes = 0;
  return {
    get takenBytes() {
      return takenBytes;
    },
    take(bytes) {
      if (takenBytes + bytes > maxBytes) return false;
      takenBytes += bytes;
      return true;
    },
    give(bytes) {
      // Giving back too much is a mistake of the caller; it must not make the budget larger than it is.
      takenBytes = Math.max(0, takenBytes - bytes);
    },
  };
}
