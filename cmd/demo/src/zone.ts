import { HOSTS, hostsOf, mxName, PREFERENCE } from '@vratny/hosts';
import { BLACKLIST, CLUSTER, DOMAIN_LIST, LISTED_CLIENT } from './world.ts';

/** The demo's DNS, so that it works without the internet: its hosts, its domains, a sender, and nothing else below `.test`. */
export function renderZone(): string {
  const soa = (name: string) => `${name}. IN SOA ns.${name}. hostmaster.${name}. 1 3600 600 86400 60`;
  const hosts = HOSTS.map((host) => `${mxName(host, CLUSTER)}. IN A 127.0.0.1`);
  const domains = DOMAIN_LIST.flatMap(({ letter, domain }) =>
    hostsOf(letter).map((host) => `${domain}. IN MX ${PREFERENCE[host.role]} ${mxName(host, CLUSTER)}.`),
  );
  const blacklist = ['2.0.0.127', LISTED_CLIENT.split('.').reverse().join('.')].flatMap((name) => [
    `${name}.${BLACKLIST}. IN A 127.0.0.2`,
    `${name}.${BLACKLIST}. IN TXT "a made-up entry of the demo"`,
  ]);
  const sender = [
    'sender.test. IN MX 10 mail.sender.test.',
    'mail.sender.test. IN A 127.0.0.1',
    'null-mx.test. IN MX 0 .',
    'strict.test. IN MX 10 mail.sender.test.',
    'strict.test. IN TXT "v=spf1 -all"',
  ];
  return ['$TTL 300', soa('test'), soa(CLUSTER.domain), ...hosts, ...domains, ...sender, ...blacklist, ''].join('\n');
}
