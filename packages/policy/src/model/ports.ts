import type { Archives } from '@vratny/archive';
import type { Delivery } from '@vratny/delivery';
import type { Directory } from '@vratny/directory';
import type { Dns, Dnsbl } from '@vratny/dns';
import type { Antispam, Antivirus } from '@vratny/scanner';
import type { Counters, Greylist } from '@vratny/state';

/** The ports of facts. A fact names the ports that it uses and gets no other. */
export interface Ports {
  readonly dns: Dns;
  readonly dnsbl: Pick<Dnsbl, 'ask'>;
  readonly directory: Pick<Directory, 'findDomain' | 'findDestination'>;
  readonly delivery: Pick<Delivery, 'admits'>;
  readonly greylist: Pick<Greylist, 'firstSeen'>;
  readonly archives: Pick<Archives, 'list'>;
  readonly counters: Pick<Counters, 'hit'>;
  readonly antivirus: Pick<Antivirus, 'scan'>;
  readonly antispam: Pick<Antispam, 'judge'>;
  /** The time now. */
  readonly clock: () => Date;
}
