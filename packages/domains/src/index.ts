/** Domains and DNS: which records a domain must have, what the world says, and how the domain stands. */

export type { Followed } from './follow.ts';
export { follow } from './follow.ts';
export type { DomainState, Evidence, Finding } from './judge.ts';
export type { Look } from './look.ts';
export type { Resolver, World } from './observe.ts';
export { observe } from './observe.ts';
export type { Difference, Publication, PublishedZone, PublishOptions, StandingMx, ZoneWriter } from './publish.ts';
export { publishMx } from './publish.ts';
export { seeLetters, sightsOf, sightsOfStanding } from './see-letters.ts';
export type { KeysOfHosts, SiteNames, Wanted, WantedRecord } from './wanted.ts';
export { mxRecordsOf, recordData, tlsaRecordsOf, wantedOf, zoneText } from './wanted.ts';
