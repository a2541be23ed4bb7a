import type { Event } from './event.ts';

/** Where events go. */
export interface Journal {
  /** Never waits and never throws: bounded, and what it has to drop it counts. */
  record(event: Event): void;
  /** Writes what is pending. */
  close(): Promise<void>;
}
