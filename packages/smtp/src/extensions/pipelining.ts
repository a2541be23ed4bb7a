import type { Extension } from './extension.ts';

/** RFC 2920. */
export const pipelining: Extension = { keyword: 'PIPELINING', advertise: () => 'PIPELINING' };
