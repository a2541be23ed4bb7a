/** The dns port: look-ups with TTL, AD bit and kinds of fault. */
export type { Answer, Dns, DnsFault, Records, RecordType } from './port.ts';
