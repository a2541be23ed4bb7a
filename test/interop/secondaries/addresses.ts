import { findPort } from '../dns/find-port.ts';

/** Each host has an address of its own, as in the world, and all have one port: a transport can name one. */
export const ADDRESS_OF = { d10: '127.0.0.11', b20: '127.0.0.12', c10: '127.0.0.13', c20: '127.0.0.14' } as const;

/** A host of these tests. */
export type HostId = keyof typeof ADDRESS_OF;

/** What the sending server sees: where mail for `example.test` (letter d) and `c.example.test` goes. */
export const ROUTES: readonly string[] = [
  ...mxRecords('example.test', 'd10', 'b20'),
  ...mxRecords('c.example.test', 'c10', 'c20'),
  ...Object.entries(ADDRESS_OF).map(([host, address]) => `mx1${host}.example.test. IN A ${address}`),
];

function mxRecords(domain: string, primary: HostId, secondary: HostId): readonly string[] {
  return [`${domain}. IN MX 10 mx1${primary}.example.test.`, `${domain}. IN MX 20 mx1${secondary}.example.test.`];
}

/** A port that is free on all of these addresses, since it is free on every one. */
export function findSharedPort(): Promise<number> {
  return findPort('0.0.0.0');
}
