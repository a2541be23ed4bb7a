import { join } from 'node:path';
import { findFreePort, type RunningProgram, startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { greet, messageTo, say, talk } from '@vratny/support/talk';
import { waitFor } from '@vratny/support/wait-for';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ALICE = 'alice@example.test';
const AGAIN_MS = 30_000;

let host: WorldHost;
let panel: RunningProgram;
let panelUrl = '';
beforeAll(async () => {
  const port = await findFreePort();
  panelUrl = `http://127.0.0.1:${port}`;
  const extra = { history: { url: 'sqlite:./history' }, panel: { url: panelUrl, listen: `127.0.0.1:${port}`, store: 'sqlite:./panel.db' } };
  host = await startWorldHost({ host: 'd10', workers: 2, site: { extra } });
  panel = startProgram(process.execPath, [join(ROOT, 'cmd', 'panel', 'src', 'main.ts'), '--config', host.site.siteFile]);
  await waitFor('the panel listens', () => (panel.stdout().includes('listening on') ? true : undefined), {
    deadlineMs: AGAIN_MS,
    explain: panel.stderr,
  });
});
afterAll(async () => {
  await panel?.stop();
  await host?.[Symbol.asyncDispose]();
});

async function mxctl(...args: readonly string[]) {
  const ran = await runToEnd(process.execPath, [join(ROOT, 'cmd', 'mxctl', 'src', 'main.ts'), '--config', host.site.siteFile, ...args]);
  return { code: ran.ending(), out: ran.stdout(), err: ran.stderr() };
}

interface Listed {
  readonly id: string;
  readonly verdict: string;
  readonly recipient: string;
}

async function listed(): Promise<readonly Listed[]> {
  const { out } = await mxctl('trace', '--limit', '500', '--json');
  return JSON.parse(out) as Listed[];
}

/** The reply to a recipient that nobody has. */
async function refuse(name: string): Promise<string> {
  const connection = await greet(host);
  for (const command of ['HELO client.test', 'MAIL FROM:<a@sender.test>']) await say(connection, command);
  const reply = await say(connection, `RCPT TO:<${name}@example.test>`);
  connection.close();
  return reply ?? '';
}

describe('the history of a host', () => {
  test('a refusal is found by the receipt in its reply, and told with its checks', async () => {
    const reply = await refuse('nobody');
    const receipt = /\/r\/(\w{33})$/u.exec(reply)?.[1] ?? '';
    const told = await waitFor('it is told', async () => {
      const { code, out } = await mxctl('trace', receipt);
      return code === 0 ? out : undefined;
    });
    expect(told).toMatch(
      /^On \S+ at \S+ UTC 127\.\S+, which said it is client\.test, came to host \w+ with a message from a@sender\.test to nobody@example\.test\.$/mu,
    );
    expect(told).toMatch(/^The message was refused at RCPT, by the check mailbox\. The host replied:\n {2}550 5\.1\.1 /mu);
    expect(told).toMatch(/^mailbox +refuse /mu);
    expect(told).toMatch(/^destination +\d+\.\d\d +unknown$/mu);
  });

  test('a message that was stored is found by its recipient, and a person is forgotten', async () => {
    await talk(host, messageTo(ALICE, 'kept', '250 2.0.0 ...'));
    await waitFor('it is listed', async () =>
      (await listed()).find(({ recipient, verdict }) => recipient === ALICE && verdict === 'delivered'),
    );
    expect((await mxctl('trace', 'forget', ALICE)).out).toBe(`1 entry of ${ALICE} removed\n`);
    expect((await listed()).filter(({ recipient }) => recipient === ALICE)).toEqual([]);
    const csv = await mxctl('trace', '--counts', '--verdict', 'delivered', '--csv');
    expect(csv.out).toMatch(/^day,domain,verdict,check,count\r\n[\d-]+,example\.test,delivered,,1\r\n$/u);
    const wrong = await mxctl('trace', '--counts', '--to', ALICE);
    expect([wrong.code, wrong.err]).toEqual([64, 'mxctl: counts are by domain, check and verdict: --to does not go with --counts\n']);
  });

  test('a refusal ends with an address, whose page says why in the language of the reader, and not to whom', async () => {
    const address = /\S+$/u.exec(await refuse('somebody'))?.[0] ?? '';
    expect(address.startsWith(`${panelUrl}/r/`)).toBe(true);
    const page = await waitFor('the page is there', async () => {
      const answer = await fetch(address, { headers: { 'accept-language': 'de' } });
      return answer.status === 200 ? answer.text() : undefined;
    });
    expect(page).toContain('wurde nicht zugestellt');
    expect(page).not.toMatch(/somebody|example\.test|127\.0\.0\.1/u);
  });

  test('what a limit kept out has a page too', async () => {
    const connection = await greet(host);
    for (const command of ['HELO client.test', 'MAIL FROM:<a@sender.test>']) await say(connection, command);
    const address = /\S+$/u.exec((await say(connection, 'RCPT TO:<žofie@example.test>')) ?? '')?.[0] ?? '';
    connection.close();
    const page = await waitFor('the page is there', async () => {
      const answer = await fetch(`${address}?l=en`);
      return answer.status === 200 ? answer.text() : undefined;
    });
    expect(page).toContain('SMTPUTF8');
  });
});
