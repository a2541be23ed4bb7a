import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { bootMachine, type Machine } from './machine.ts';
import { readBlock, readBlocks } from './page.ts';

const PAGE = 'docs/OPERATIONS.md';
/** What a host of the test needs besides: names without a network. */
const WITHOUT_NETWORK = 'dns: { zoneFile: /etc/vratny/zone.txt }\ndnsbl: { zones: [] }\n';
const ZONE = 'sender.test. 300 IN A 127.0.0.1\nexample.org. 300 IN MX 10 mx1a10.thinline.example.\n';
const UNIT = 'vratny-mx@a10';

let machine: Machine | undefined;
beforeAll(async () => {
  machine = await bootMachine();
});
afterAll(async () => machine?.[Symbol.asyncDispose]());

const here = (context: TestContext): Machine => machine ?? context.skip('a machine with a systemd cannot be booted here');

/** A message by SMTP to port 25, as curl sends it. */
const sendTo = (address: string) =>
  `printf 'From: a@sender.test\\r\\nSubject: x\\r\\n\\r\\nx\\r\\n' > mail.eml
   curl -sS --max-time 20 smtp://${address}/client.test --mail-from a@sender.test --mail-rcpt alice@example.org --upload-file mail.eml`;

const stored = 'find /var/lib/vratny/mail -path "*/new/*" -type f | wc -l';
const capabilities = (pids: string) => `for pid in ${pids}; do grep ^CapEff /proc/$pid/status; done`;
const MAIN_PID = `$(systemctl show --property=MainPID --value ${UNIT})`;
const WORKERS = `$(cat /proc/${MAIN_PID}/task/${MAIN_PID}/children)`;

describe('the first host, by the commands of the page', { retry: 0 }, () => {
  test('a checkout, a user, a site file, a domain: check-config says fine', async (context) => {
    const at = here(context);
    const [install, domain] = readBlocks(PAGE, 'The first host').filter(({ language }) => language === 'sh');
    await at.do(install?.text ?? '');
    await at.write('/etc/vratny/site.yaml', `${readBlock(PAGE, 'The first host', 'yaml')}\n${WITHOUT_NETWORK}`);
    await at.write('/etc/vratny/zone.txt', ZONE);
    const output = await at.do(domain?.text ?? '');
    expect(output).toMatch(/^example\.org\. +MX +10 +mx1a10\.thinline\.example\.$/mu);
    expect(output).toMatch(/^site\.yaml: fine$/mu);
  });

  test('without systemd: port 25 by setpriv', async (context) => {
    const at = here(context);
    const [, recipe] = readBlocks(PAGE, 'Port 25 without root').filter(({ language }) => language === 'sh');
    await at.do(`${recipe?.text} > out.txt 2> journal.txt & echo $! > pid`);
    await at.until('it listens', 'cat journal.txt; grep -F "listening on 0.0.0.0:25" out.txt');
    await at.do(sendTo('127.0.0.1'));
    expect(await at.do(stored)).toBe('1\n');
    const pid = '$(cat pid)';
    expect(await at.do(capabilities(pid))).toBe('CapEff:\t0000000000000400\n');
    expect(await at.do(capabilities(`$(cat /proc/${pid}/task/${pid}/children)`))).toMatch(/^(?:CapEff:\t0{16}\n)+$/u);
    expect(await at.do(`stat -c %U /proc/${pid} /var/lib/vratny/directory.db /var/lib/vratny/mail`)).toBe('vratny\n'.repeat(3));
    await at.do(`kill ${pid}`);
    await at.until('it has ended', `cat journal.txt; ! kill -0 ${pid}`);
  });

  test('with systemd: the unit', async (context) => {
    const at = here(context);
    const [start] = readBlocks(PAGE, 'Port 25 without root').filter(({ language }) => language === 'sh');
    await at.write('/etc/systemd/system/vratny-mx@.service', readBlock(PAGE, 'Port 25 without root', 'ini'));
    await at.do(start?.text ?? '');
    await at.until('it listens', `journalctl -o cat -u ${UNIT}; journalctl -o cat -u ${UNIT} | grep -F "listening on 0.0.0.0:25"`);
    await at.do(sendTo('127.0.0.1'));
    expect(await at.do(stored)).toBe('2\n');
    // A burst waits in the kernel: beyond that clients are dropped without a word.
    expect(await at.do("ss -ltnH 'sport = :25' | awk '{ print $3 }' | sort -u")).toBe('4096\n');
    expect(await at.do(capabilities(MAIN_PID))).toBe('CapEff:\t0000000000000400\n');
    expect(await at.do(capabilities(WORKERS))).toMatch(/^(?:CapEff:\t0{16}\n)+$/u);
    // There is no rspamd on that machine, which is said once.
    expect(await at.do(`journalctl -o cat -u ${UNIT}`)).not.toMatch(/"where":"(?!antispam)/u);
  });

  test('kills, a reload and a restart under load: nothing acknowledged is lost, and no worker ever holds a capability', async (context) => {
    const at = here(context);
    // A sender that comes back until its message was taken, as mail servers do.
    await at.do(`for i in $(seq 40); do
         printf 'From: a@sender.test\r\nSubject: sweep %s\r\nDate: Fri, 27 Nov 2026 00:00:00 +0000\r\nMessage-ID: <%s@sender.test>\r\n\r\nx\r\n' $i $i > mail.$i
         until curl -s --max-time 20 smtp://127.0.0.1/client.test --mail-from a@sender.test --mail-rcpt alice@example.org --upload-file mail.$i
         do sleep 0.1; done
         echo $i >> sent
       done > /dev/null 2>&1 & touch sent`);
    const sent = (count: number) => at.until(`${count} messages were taken`, `cat sent; [ $(wc -l < sent) -ge ${count} ]`);
    // In one look: the primary may be gone a moment later. A worker that has just begun drops the capability first of all.
    const workersNow = `pid=${MAIN_PID}; [ $pid != 0 ]; workers=$(cat /proc/$pid/task/$pid/children); [ -n "$workers" ]; all=$(${capabilities('$workers')}); echo "$all"; ! echo "$all" | grep -qv 0000000000000000`;
    const faults: readonly (readonly [number, string])[] = [
      [5, `kill -KILL ${WORKERS}`],
      [10, 'systemctl reload vratny-mx@a10'],
      [15, `kill -KILL ${MAIN_PID}`],
      [20, `kill -KILL $(echo ${WORKERS} | cut -d ' ' -f 1)`],
      [25, 'systemctl restart vratny-mx@a10'],
      [30, `kill -TERM ${WORKERS}`],
    ];
    for (const [count, fault] of faults) {
      await sent(count);
      await at.run(fault);
      expect(await at.until('workers are there', workersNow), fault).toMatch(/^(?:CapEff:\t0{16}\n)+$/u);
    }
    await sent(40);
    const subjects = 'grep -h "^Subject: sweep" $(find /var/lib/vratny/mail -path "*/new/*" -type f) | tr -d "\\r" | sort -u | wc -l';
    expect(await at.do(subjects)).toBe('40\n');
    expect(await at.do(capabilities(MAIN_PID))).toBe('CapEff:\t0000000000000400\n');
  });

  test('stopped, it drains and ends well; with a site file that is wrong it says so, and is not started again and again', async (context) => {
    const at = here(context);
    await at.do(`systemctl stop ${UNIT}`);
    expect(await at.do(`systemctl show --property=Result --property=ExecMainStatus ${UNIT} | sort`)).toBe(
      'ExecMainStatus=0\nResult=success\n',
    );
    await at.do("sed -i 's/^dnsbl: /dnsbll: /' /etc/vratny/site.yaml");
    await at.run(`systemctl start ${UNIT}`);
    await at.until('it has failed', `systemctl show --property=ActiveState ${UNIT} | grep -Fx ActiveState=failed`);
    const status = await at.run(`systemctl status --no-pager -n 20 ${UNIT}`);
    expect(status.output).toMatch(/status=78\/CONFIG/u);
    expect(status.output).toMatch(/mx: \S*site\.yaml:\d+: dnsbll: unknown key, did you mean "dnsbl"\?$/mu);
    expect(await at.do(`systemctl show --property=NRestarts --value ${UNIT}`)).toBe('0\n');
  });
});
