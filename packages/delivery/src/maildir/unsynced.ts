import { UNSYNCED_MAX } from '../limits.ts';
import { withoutFlags } from './unique-name.ts';

/**
 * Names of messages in a mailbox whose directory could not be synced. A retry must not count them as stored: a second
 * sync would succeed, because the system reports such an error only once.
 */
export interface Unsynced {
  /** With or without flags. */
  add(name: string): void;
  has(name: string): boolean;
  delete(name: string): void;
}

/** Creates an empty, bounded list of this process. Other processes learn of the error from the disk, or not at all. */
export function createUnsynced(): Unsynced {
  const names = new Set<string>();
  return {
    add(name) {
      names.add(withoutFlags(name));
      const [oldest] = names;
      if (names.size > UNSYNCED_MAX && oldest !== undefined) names.delete(oldest);
    },
    has: (name) => names.has(withoutFlags(name)),
    delete: (name) => void names.delete(withoutFlags(name)),
  };
}
