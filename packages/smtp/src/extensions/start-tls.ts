import type { Extension } from './extension.ts';

/** RFC 3207. */
export const startTls: Extension = { keyword: 'STARTTLS', advertise: (offer) => (offer.startTls ? 'STARTTLS' : undefined) };
