import type { Extension } from './extension.ts';

/** RFC 2034: every reply but greeting, EHLO and 354 carries one. */
export const enhancedStatusCodes: Extension = { keyword: 'ENHANCEDSTATUSCODES', advertise: () => 'ENHANCEDSTATUSCODES' };
