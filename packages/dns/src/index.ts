/** The dns port: look-ups with TTL, AD bit and kinds of fault. */

export type { AuthoritativeDns, Delegate, ServerAnswer, ServerFault, ServerQuestion } from './authoritative/port.ts';
export type { Dnsbl, DnsblAnswer, ListHealth, Listing, ListZone } from './dnsbl/port.ts';
export type { Answer, Dns, DnsFault, Records, RecordType, Updated } from './port.ts';
