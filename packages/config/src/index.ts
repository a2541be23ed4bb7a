/** The site file: one schema, read into plain data and unions. Knows no adapter and opens no other file. */

export type { Site } from './schema.ts';
export type { Problem, SiteOrigin, SiteReading } from './site-file/read-site.ts';
export type { HistoryStore, ServedDatabase } from './values/database.ts';
export type { AdoptedStore, OurDirectory, Overlay } from './values/directory.ts';
export { parseDuration } from './values/duration.ts';
export type { Endpoint } from './values/endpoint.ts';
export { formatEndpoint, parseEndpoint } from './values/endpoint.ts';
export type { Secret } from './values/file.ts';
export type { Network } from './values/network.ts';
export { toBlockList } from './values/network.ts';
export type { Reading } from './values/reading.ts';
export type { Octets } from './values/size.ts';
export { formatSize, parseSize } from './values/size.ts';
export type { ClamdAddress, MailStore, Relay, SqlStore, StateStore } from './values/store.ts';
export { formatRelay, parseMailStore } from './values/store.ts';
