import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { bootMachine, type Machine } from './machine.ts';
import { readBlock } from './page.ts';

const UNIT = 'vratny-mx@a10';
const BUILD_MS = 300_000;
const ZONE = 'sender.test. 300 IN A 127.0.0.1\nexample.org. 300 IN MX 10 mx1a10.thinline.example.\n';
/** A machine without a network has no resolver. */
const WITHOUT_NETWORK = 'dns: { zoneFile: /etc/vratny/zone.txt }\ndnsbl: { zones: [] }\n';

// In the checkout, which the machine sees.
const folder = mkdtempSync(join(ROOT, 'test-package-'));
const inside = folder.replace(ROOT, '/opt/vratny');
let machine: Machine | undefined;

async function run(script: string, ...words: readonly string[]): Promise<void> {
  const made = startProgram(process.execPath, [join(ROOT, 'build', script), '--out', folder, ...words]);
  if ((await made.ended) !== 0) throw new Error(made.stderr());
}

beforeAll(async () => {
  machine = await bootMachine();
  if (machine === undefined) return;
  await run('build.ts');
  await run('package.ts', '--executable', join(folder, 'vratny'), '--level', '0');
}, BUILD_MS);
afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const here = (context: TestContext): Machine => machine ?? context.skip('a machine with a systemd cannot be booted here');
const deb = () => `${inside}/${readdirSync(folder).find((name) => name.endsWith('.deb')) ?? ''}`;
const show = (property: string) => `systemctl show --property=${property} --value ${UNIT}`;
const capabilities = (pid: string) => `grep ^CapEff /proc/${pid}/status`;
const mainPid = `$(${show('MainPID')})`;
const stored = 'find /var/lib/vratny/mail -path "*/new/*" -type f | wc -l';
const send = `printf 'From: a@sender.test\\r\\nSubject: x\\r\\n\\r\\nx\\r\\n' > mail.eml
  curl -sS --max-time 60 smtp://127.0.0.1/client.test --mail-from a@sender.test --mail-rcpt alice@example.org --upload-file mail.eml`;
/** Connects so many times, a client each time, and writes what became of each. */
const GREETINGS = `for i in $(seq $1); do
  (exec 3<>/dev/tcp/127.0.0.1/25 && IFS= read -r -t 60 line <&3 && echo "\${line%% *}" || echo refused) >> greeted 2>/dev/null &
  sleep 0.05
done
wait`;

describe('the Debian package', { retry: 0 }, () => {
  test('is installed: a user, a site file, nothing that runs; no host starts until cluster.domain is set', async (context) => {
    const at = here(context);
    await at.do(`dpkg -i ${deb()}`);
    expect(await at.do('id -nu vratny; stat -c "%U %G %a" /var/lib/vratny /etc/vratny')).toBe(
      'vratny\nvratny vratny 750\nroot vratny 750\n',
    );
    expect(await at.do("systemctl list-units --all --no-legend 'vratny-mx*' 'vratny-panel*'")).toBe('');
    expect(await at.do('mx --version; mxctl --version; vratny --version')).toMatch(/^mx \S+ \(.+\)\nmxctl .+\nvratny .+\n$/u);
    await at.run(`systemctl start ${UNIT}`);
    expect(await at.do(`${show('ExecMainStatus')}; ${show('NRestarts')}; ${show('ActiveState')}`)).toBe('78\n0\nfailed\n');
    expect(await at.do(`journalctl -o cat -u ${UNIT}`)).toMatch(/^mx: \S*site\.yaml:\d+: cluster\.domain: must be a domain name/mu);
    await at.do(`systemctl reset-failed ${UNIT}`);
  });

  test('its manual and completions say what the programs say', async (context) => {
    const at = here(context);
    expect(await at.do('zcat /usr/share/man/man8/mxctl.8.gz')).toMatch(/\.SH MXCTL DOMAIN ADD\n/u);
    const complete = (line: string) =>
      at.do(
        `bash -c 'source /usr/share/bash-completion/completions/mxctl; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _vratny; echo "\${COMPREPLY[*]}"'`,
      );
    expect(await complete('mxctl dom')).toBe('domain\n');
    expect(await complete('mxctl domain po')).toBe('policy\n');
    expect(await complete('mxctl domain add --pol')).toBe('--policy\n');
  });

  test('two lines of the site file, a domain, the units: mail is stored', async (context) => {
    const at = here(context);
    await at.do("sed -i 's/^  domain:$/  domain: thinline.example/' /etc/vratny/site.yaml");
    await at.do(`printf '${WITHOUT_NETWORK.replaceAll('\n', '\\n')}' >> /etc/vratny/site.yaml`);
    await at.write('/etc/vratny/zone.txt', ZONE);
    // The package is installed, and the site file edited: what follows on the page.
    const commands = readBlock('docs/OPERATIONS.md', 'A Debian package', 'sh').split('\n');
    expect(commands.slice(0, 2)).toEqual(['apt install ./vratny_*.deb', 'editor /etc/vratny/site.yaml']);
    await at.do(commands.slice(2).join('\n'));
    expect(await at.do('systemctl is-active vratny-mx@a10.socket vratny-mx@a10.service')).toBe('active\nactive\n');
    await at.do(send);
    expect(await at.do(stored)).toBe('1\n');
    // Workers serve a moment before systemd is told.
    await at.until('it is ready', `[ "$(${show('StatusText')})" = "serves as a10" ] && [ "$(${show('ActiveState')})" = active ]`);
    expect(await at.do(capabilities(mainPid))).toBe('CapEff:\t0000000000000400\n');
    expect(await at.do(`for pid in $(cat /proc/${mainPid}/task/${mainPid}/children); do ${capabilities('$pid')}; done`)).toMatch(
      /^(?:CapEff:\t0{16}\n)+$/u,
    );
    expect(await at.do(`systemd-analyze security ${UNIT} | tail -1`)).toMatch(/: 1\.[0-7] OK/u);
  });

  test('with the socket unit it needs no capability, and in a restart the system refuses nobody', async (context) => {
    const at = here(context);
    await at.do(`install -D -m 0644 /usr/share/doc/vratny/examples/socket.conf /etc/systemd/system/vratny-mx@.service.d/socket.conf
      printf '[Service]\\nWatchdogSec=6\\n' > /etc/systemd/system/vratny-mx@.service.d/watchdog.conf; systemctl daemon-reload`);
    await at.write('greetings', GREETINGS);
    await at.do(`bash greetings 80 & sleep 0.5; systemctl restart ${UNIT}; wait`);
    // Those whom the old process had accepted, and who had begun nothing, are told to come again; nobody is refused by the system.
    expect(await at.do('sort greeted | uniq -c')).toMatch(/^ +\d+ 220\n(?: +\d+ 421\n)?$/u);
    expect(await at.do('wc -l < greeted')).toBe('80\n');
    expect(await at.do(capabilities(mainPid))).toBe('CapEff:\t0000000000000000\n');
    expect(await at.do(`systemd-analyze security ${UNIT} | tail -1`)).toMatch(/: 1\.[0-3] OK/u);
    await at.do(send);
    expect(await at.do(stored)).toBe('2\n');
  });

  test('a reload is told; a primary that is killed, or whose event loop stands, is started again', async (context) => {
    const at = here(context);
    await at.do(`systemctl reload ${UNIT}`);
    await at.until('the reload is told', `${show('StatusText')} | grep -F 'the new site file is in use'`);
    const restarts = async () => Number(await at.do(show('NRestarts')));
    const before = await restarts();
    await at.do(`kill -KILL ${mainPid}`);
    await at.until('it serves again', `[ "$(${show('NRestarts')})" -gt ${before} ] && [ "$(${show('ActiveState')})" = active ]`);
    await at.do(`kill -STOP ${mainPid}`);
    await at.until('the watchdog ended it', `[ "$(${show('NRestarts')})" -gt ${before + 1} ] && [ "$(${show('ActiveState')})" = active ]`);
    expect(await at.do(`journalctl -u ${UNIT}`)).toContain('Watchdog timeout');
    await at.do(send);
    expect(await at.do(stored)).toBe('3\n');
  });

  test('an upgrade and a downgrade keep the site file and restart what runs; removed and purged, mail and keys stay', async (context) => {
    const at = here(context);
    const version = "$(dpkg -s vratny | sed -n 's/^Version: //p')";
    await at.do(
      `dpkg-deb -R ${deb()} next; sed -i 's/^Version: .*/Version: 99/' next/DEBIAN/control; dpkg-deb --root-owner-group -Znone -b next next.deb`,
    );
    for (const [file, wanted] of [
      ['next.deb', '99'],
      [deb(), `$(dpkg-deb -f ${deb()} Version)`],
    ] as const) {
      const pid = await at.do(`echo ${mainPid}`);
      await at.do(`dpkg -i --force-downgrade ${file}; [ "${version}" = "${wanted}" ]; grep -q thinline /etc/vratny/site.yaml`);
      await at.until(
        'a new primary serves',
        `[ ${mainPid} != 0 ] && [ ${mainPid} != ${pid.trim()} ] && [ "$(${show('ActiveState')})" = active ]`,
      );
      await at.do(send);
    }
    await at.do('dpkg -r vratny');
    expect(await at.do(`${show('ActiveState')}; ls /etc/vratny/site.yaml`)).toBe('inactive\n/etc/vratny/site.yaml\n');
    await at.do('touch /etc/vratny/tls/key.pem');
    expect(await at.do('dpkg -P vratny')).toContain('/var/lib/vratny and the user vratny are kept');
    expect(await at.do(`ls -d /etc/vratny/site.yaml 2>/dev/null || echo gone; ls /etc/vratny/tls; ${stored}`)).toBe('gone\nkey.pem\n5\n');
  });
});
