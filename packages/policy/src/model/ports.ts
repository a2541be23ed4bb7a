import type { Delivery } from '@vratny/delivery';
import type { Directory } from '@vratny/directory';
import type { Dns, Dnsbl } from '@vratny/dns';

/** What facts may ask. A fact names the ports it uses and is given no other. */
export interface Ports {
  readonly dns: Dns;
  readonly dnsbl: Pick<Dnsbl, 'ask'>;
  readonly directory: Pick<Directory, 'findDomain' | 'findDestination'>;
  readonly delivery: Pick<Delivery, 'admits'>;
}
