import { DOUBTFUL_MAX } from '../limits.ts';
import { withoutFlags } from './unique-name.ts';

/**
 * Messages that lie in a mailbox though their directory could not be synced. A second sync would succeed and mean nothing, since the system
 * reports such a fault once: a retry must not take them for stored.
 */
export interface Doubtful {
  /** With or without flags. */
  add(name: string): void;
  has(name: string): boolean;
  delete(name: string): void;
}

/** Creates an empty list, of this process only and bounded: another process is told by the disk itself, or not at all. */
export function createDoubtful(): Doubtful {
  const names = new Set<string>();
  return {
    add(name) {
      names.add(withoutFlags(name));
      const [oldest] = names;
      if (names.size > DOUBTFUL_MAX && oldest !== undefined) names.delete(oldest);
    },
    has: (name) => names.has(withoutFlags(name)),
    delete: (name) => void names.delete(withoutFlags(name)),
  };
}
