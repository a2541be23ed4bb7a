import type { Site } from '@vratny/config';
import type { WantedRecord } from '@vratny/domains';
import { zoneText } from '@vratny/domains';
import { hostsOf, type Letter, mxName } from '@vratny/hosts';

interface Asked {
  readonly name: string;
  /** What must be there; TLSA records belong into the zone of the cluster, and are left out. */
  readonly records: readonly WantedRecord[];
  /** Policies of before, whose hosts must go. */
  readonly before: readonly Letter[];
  readonly ttlSeconds: number;
}

/** What an owner sends to whoever runs the DNS of the domain, as plain text. */
export function textForAdmin(site: Pick<Site, 'cluster' | 'secondaryOf'>, { name, records, before, ttlSeconds }: Asked): string {
  const mx = records.filter((record) => record.type === 'MX');
  const wanted = mx.map(({ exchange }) => exchange);
  const old = before.flatMap((letter) => hostsOf(letter, site.secondaryOf).map((host) => mxName(host, site.cluster)));
  const gone = [...new Set(old)].filter((exchange) => !wanted.includes(exchange)).toSorted();
  return [
    `Please set the MX records of ${name} in its zone. These shall be all that it has:`,
    '',
    ...mx.map(({ preference, exchange }) => `  ${preference}  ${exchange}.`),
    '',
    `Every other MX record of ${name} must go${gone.length === 0 ? '' : `, above all ${gone.join(', ')}`}.`,
    'Each name is a host, and is written with its final dot. Nothing else in the zone changes.',
    '',
    'As the lines of a zone file:',
    '',
    ...zoneText(mx, ttlSeconds)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    'The serial number of the zone must be raised, so that all its name servers take the change. Mail arrives meanwhile: the hosts of before take it too.',
    '',
  ].join('\n');
}
