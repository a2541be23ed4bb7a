import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { bootMachine, type Machine } from './machine.ts';
import { readBlock, readBlocks, readPage } from './page.ts';

const PAGE = 'docs/OPERATIONS.md';
const SITE = '/etc/vratny/site.yaml';
const LINEAGE = '/etc/letsencrypt/live/mx1d10.thinline.example';
const HOSTS = ['192.0.2.10', '192.0.2.11'] as const;
const BALANCER = '192.0.2.5';
const CLIENT = '192.0.2.77';
const SITE_FILE = `cluster: { domain: thinline.example }
state: sqlite:/var/lib/vratny/state.db
directory: sqlite:/var/lib/vratny/directory.db
delivery: maildir:/var/lib/vratny/mail
dns: { zoneFile: /etc/vratny/zone.txt }
dnsbl: { zones: [] }
`;
const ZONE = `sender.test. 300 IN A 127.0.0.1
sender.test. 300 IN TXT "v=spf1 ip4:${CLIENT} -all"
example.org. 300 IN MX 10 mx1a10.thinline.example.
`;

let machine: Machine | undefined;
beforeAll(async () => {
  machine = await bootMachine();
  if (machine === undefined) return;
  const [install] = readBlocks(PAGE, 'The first host').filter(({ language }) => language === 'sh');
  await machine.do(install?.text ?? '');
  await machine.write(SITE, SITE_FILE);
  await machine.write('/etc/vratny/zone.txt', ZONE);
  await machine.do('runuser -u vratny -- mxctl --config /etc/vratny/site.yaml domain add example.org --policy a');
  await machine.do('runuser -u vratny -- mxctl --config /etc/vratny/site.yaml mailbox add alice@example.org');
  await machine.write('/etc/systemd/system/vratny-mx@.service', readBlock(PAGE, 'Port 25 without root', 'ini'));
});
afterAll(async () => machine?.[Symbol.asyncDispose]());

const here = (context: TestContext): Machine => machine ?? context.skip('a machine with a systemd cannot be booted here');

describe('certificates, by the hook of the page', { retry: 0 }, () => {
  const renew = (name: string) => `
    mkdir -p ${LINEAGE}
    openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout ${LINEAGE}/privkey.pem -out ${LINEAGE}/fullchain.pem \\
      -subj /CN=${name} -addext subjectAltName=DNS:${name} -days 90
    chmod 600 ${LINEAGE}/privkey.pem; chmod 700 /etc/letsencrypt/live
    RENEWED_LINEAGE=${LINEAGE} /etc/letsencrypt/renewal-hooks/deploy/vratny`;
  const shown = 'openssl s_client -connect 127.0.0.1:25 -starttls smtp -brief < /dev/null';

  test("the files of certbot cannot be read by the service, and check-config says whose they are; the hook's can", async (context) => {
    const at = here(context);
    const hook = readBlock(PAGE, 'Certificates', 'sh');
    await at.do('mkdir -p /etc/letsencrypt/renewal-hooks/deploy');
    await at.write('/etc/letsencrypt/renewal-hooks/deploy/vratny', hook);
    await at.do('chmod 755 /etc/letsencrypt/renewal-hooks/deploy/vratny');
    await at.do(renew('first.thinline.example'));
    const check = `runuser -u vratny -- mxctl --config ${SITE} check-config`;
    await at.write(SITE, `${SITE_FILE}tls: { cert: ${LINEAGE}/fullchain.pem, key: ${LINEAGE}/privkey.pem }\n`);
    const refused = await at.run(check);
    expect(refused.code).toBe(78);
    expect(refused.output).toContain(
      `tls.cert: ${LINEAGE}/fullchain.pem: permission denied: folder /etc/letsencrypt/live belongs to root:root`,
    );
    const keys = /with `(tls: \{[^`]*\})`/u.exec(readPage(PAGE))?.[1] ?? '';
    await at.write(SITE, `${SITE_FILE}${keys}\n`);
    expect(await at.do(check)).toBe('site.yaml: fine\n');
    expect(await at.do('cd /etc/vratny/tls; stat -c "%n %U:%G %a" *')).toBe('fullchain.pem root:vratny 640\nprivkey.pem root:vratny 640\n');
  });

  test('a renewed one is in use without a signal', async (context) => {
    const at = here(context);
    await at.do('systemctl daemon-reload; systemctl start vratny-mx@a10');
    await at.until('it shows the first', `${shown} 2>&1 | tee out; grep -F first.thinline.example out`);
    await at.do(renew('second.thinline.example'));
    await at.until('it shows the second', `${shown} 2>&1 | tee out; grep -F second.thinline.example out`);
    const look = 'journalctl -o cat -u vratny-mx@a10 | tee out';
    const journal = await at.until('the journal says so', `${look}; grep -qF '"what":"certificate"' out`);
    expect(journal).not.toMatch(/"where":"(?!antispam)/u);
    await at.do('systemctl stop vratny-mx@a10');
  });
});

describe('two hosts behind HAProxy, by the configuration of the page', { retry: 0 }, () => {
  test('mail is taken and judged by its real client, health checks pass, and nothing is a fault', async (context) => {
    const at = here(context);
    for (const address of [...HOSTS, BALANCER, CLIENT]) await at.do(`ip address add ${address}/32 dev lo`);
    const haproxy = readBlock(PAGE, 'Behind a load balancer', 'haproxy');
    await at.write(SITE, `${SITE_FILE}${readBlock(PAGE, 'Behind a load balancer', 'yaml')}\n`);
    for (const [index, address] of HOSTS.entries()) {
      const run = `mx --config ${SITE} --host a10 --listen ${address}:25`;
      await at.do(`systemd-run --unit=host${index} --uid=vratny --property=AmbientCapabilities=CAP_NET_BIND_SERVICE /usr/local/bin/${run}`);
      await at.until('it listens', `journalctl -o cat -u host${index} | tee out; grep -F "listening on" out`);
    }
    // Below what Debian's file has, as an operator would add it.
    await at.do(`cat >> /etc/haproxy/haproxy.cfg <<'END'\n\n${haproxy}\nEND`);
    const checked = await at.run('haproxy -c -f /etc/haproxy/haproxy.cfg');
    expect(checked).toMatchObject({ code: 0, output: expect.not.stringMatching(/WARNING|ALERT/u) });
    await at.do('systemctl start haproxy');
    const health = 'echo "show stat" | socat - /run/haproxy/admin.sock';
    await at.until('both are up', `${health} | tee out; [ $(grep -c "^mx,d10-.*,UP,.*L7OK" out) = 2 ]`);
    const send = (from: string) =>
      `printf 'From: a@sender.test\\r\\nSubject: x\\r\\n\\r\\nx\\r\\n' > mail.eml
       curl -sSv --max-time 20 --interface ${from} smtp://${BALANCER}/client.test --mail-from a@sender.test --mail-rcpt alice@example.org \\
         --upload-file mail.eml`;
    for (const _host of HOSTS) await at.do(send(CLIENT));
    expect(
      await at.do('cat $(find /var/lib/vratny/mail -path "*/new/*" -type f) | grep -c "^Received: from client.test (\\[192.0.2.77\\])"'),
    ).toBe('2\n');
    expect((await at.run(send(BALANCER))).output).toMatch(/550 5\.7\.23 /u);
    for (const index of HOSTS.keys()) {
      const look = `journalctl -o cat -u host${index} | tee out`;
      const journal = await at.until('its journal knows the client', `${look}; grep -qF '"client":"${CLIENT}"' out`);
      expect(journal).not.toMatch(/"where":"(?!antispam)|"what":"refused"/u);
    }
  });
});
