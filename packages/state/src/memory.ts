import { createState } from './create-state.ts';
import { MEMORY_ENTRIES_MAX, NETWORK_ENTRIES_MAX } from './limits.ts';
import { createMemoryStore } from './memory/store.ts';
import type { State } from './port.ts';

/** State of this process alone, for tests and for a site of one process. `entriesMax` bounds each kind of entry; the oldest go first. */
export function createMemoryState(options: { readonly entriesMax?: number; readonly networkEntriesMax?: number } = {}): State {
  const { entriesMax = MEMORY_ENTRIES_MAX, networkEntriesMax = NETWORK_ENTRIES_MAX } = options;
  return createState(createMemoryStore(entriesMax, networkEntriesMax), 'in memory');
}
