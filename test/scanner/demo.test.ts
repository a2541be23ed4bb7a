import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type RunningProgram, startProgram } from '@vratny/daemons';
import { ROOT } from '@vratny/support/mx';
import { runToEnd } from '@vratny/support/running-program';
import { openClient } from '@vratny/support/smtp-client';
import { makeTemporaryFolder, type TemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const START_MS = 120_000;

/** What each line to try, as `npm start` prints it, must end with: its exit code and its last reply. */
const LINES: readonly (readonly [line: string, code: number, said: RegExp])[] = [
  ['--to alice@example.test', 0, /^S: 250 2\.0\.0 stored/mu],
  ['--to nobody@example.test', 1, /^S: 550 5\.1\.1 /mu],
  ['--client 127.0.0.9', 1, /^S: 553 5\.7\.1 /mu],
  ['--from anybody@strict.test', 1, /^S: 550 5\.7\.23 /mu],
  ['--virus', 1, /^S: 554 5\.7\.1 .*eicar/imu],
  ['--spam --to spamfree@example.test', 1, /^S: 55\d 5\.7\.1 /mu],
  ['--host b20', 1, /^S: 45\d 4\.7\.1 /mu],
  ['--host c20', 1, /^S: 4\d\d /mu],
  ['--virus --to alice@a.example.test', 0, /^S: 250 2\.0\.0 stored/mu],
  ['--spam --to alice@example.test', 0, /^S: 250 2\.0\.0 stored/mu],
  ['--client 127.0.0.9 --from anna@partner.test', 1, /^S: 553 5\.7\.1 /mu],
];
const SEND = /^ {2}npm run -s send -- --directory \S+ (.+)$/gmu;

const SUBJECT = 'a secret';
const HOSTILE = '<img src=x onerror=alert(1)>';

/** More refusals, with texts that want to be mark-up: HELO, sender, recipient, and the lines behind the subject. */
const MORE: readonly (readonly [helo: string, sender: string, recipient: string, lines: readonly string[]])[] = [
  ['mail.sender.test', `"<script>alert(1)</script>"@nowhere.test`, 'alice@example.test', []],
  [`[${HOSTILE}]`, 'bob@sender.test', 'alice@elsewhere.test', []],
  ['mail.sender.test', 'bob@sender.test', 'nobody@example.test', []],
  ['mail.sender.test', 'bob@sender.test', 'alice', []],
  [
    'mail.sender.test',
    'bob@sender.test',
    'alice@example.test',
    ['Content-Type: application/octet-stream', `Content-Disposition: attachment; filename="${HOSTILE}<b>.exe"`, '', 'x'],
  ],
  [
    'mail.sender.test',
    'bob@sender.test',
    'alice@example.test',
    [...Array.from({ length: 101 }, () => 'Received: from a by b; now'), '', 'x'],
  ],
];

/** All rows of the history and of the panel's own file. */
function rowsOf(folder: string): readonly string[] {
  const files = [...readdirSync(join(folder, 'history')).map((name) => join('history', name)), 'panel.db'].filter((name) =>
    name.endsWith('.db'),
  );
  return files.flatMap((name) => {
    using database = new DatabaseSync(join(folder, name), { readOnly: true, timeout: 5_000 });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    return tables.flatMap((table) =>
      database
        .prepare(`SELECT * FROM "${String(table['name'])}"`)
        .all()
        .map((row) => `${name} ${JSON.stringify(row)}`),
    );
  });
}

describe('npm start', () => {
  let folder: TemporaryFolder;
  let demo: RunningProgram;
  beforeAll(async () => {
    folder = makeTemporaryFolder('demo');
    demo = startProgram('npm', ['start', '--', '--directory', folder.path, '--no-install'], { cwd: ROOT });
    const explain = () => `${demo.stdout()}\n${demo.stderr()}`;
    const ready = () => {
      if (demo.ending() !== undefined) throw new Error(`it ended\n${explain()}`);
      return demo.stdout().includes('Ctrl-C ends everything.') ? true : undefined;
    };
    await waitFor('the demo runs', ready, { deadlineMs: START_MS, explain });
  }, START_MS + 20_000);
  afterAll(async () => {
    await demo?.stop();
    folder?.remove();
  });

  test('the lines to try that it prints are the ones below', () => {
    expect([...demo.stdout().matchAll(SEND)].map((match) => match[1])).toEqual(LINES.map(([line]) => line));
  });

  test.concurrent.each(LINES)('send %s', async (line, code, said) => {
    const sent = await runToEnd('npm', ['run', '-s', 'send', '--', '--directory', folder.path, ...line.split(' ')], { cwd: ROOT });
    expect({ code: sent.ending(), said: sent.stdout() }).toEqual({ code, said: expect.stringMatching(said) });
  });

  test('what was taken lies in the mailboxes', () => {
    const stored = (domain: string) => readdirSync(join(folder.path, 'mail', domain, 'alice', 'new')).length;
    expect([stored('example.test'), stored('a.example.test')]).toEqual([2, 1]);
  });

  test('the history tells of each, as it is printed', async () => {
    const printed = /^ {2}npm run -s mxctl -- --config (\S+) trace$/mu.exec(demo.stdout())?.[1] ?? '';
    const listed = await runToEnd('npm', ['run', '-s', 'mxctl', '--', '--config', printed, 'trace'], { cwd: ROOT });
    expect(listed.stdout().match(/ delivered /gu)).toHaveLength(3);
    expect(listed.stdout().match(/ refused /gu)).toHaveLength(6);
  });

  test('a refusal is shown with the address of its page, which is there', async () => {
    const address = await waitFor('a page is printed', () => /^ +why: +(http:\/\/127\.0\.0\.1:\d+\/r\/\w{33})$/mu.exec(demo.stdout())?.[1]);
    const page = await waitFor('the page is there', async () => {
      const answer = await fetch(`${address}?l=en`);
      return answer.status === 200 ? answer.text() : undefined;
    });
    expect(page).toContain('What you can do');
  });

  test('the pages of all refusals, in four languages, tell neither to whom nor from where nor about what; strangers’ texts are text; looks change nothing', async () => {
    const port = Number(/^ *d10 +127\.0\.0\.1:(\d+) /mu.exec(demo.stdout())?.[1]);
    const replies: string[] = [];
    for (const [helo, sender, recipient, lines] of MORE) {
      const client = await openClient(port);
      await client.reply();
      await client.askAll(`HELO ${helo}`, `MAIL FROM:<${sender}>`);
      replies.push(await client.ask(`RCPT TO:<${recipient}>`));
      if (replies.at(-1)?.startsWith('2') === true) {
        await client.ask('DATA');
        replies.push(await client.ask([`Subject: ${SUBJECT}`, ...lines, '.'].join('\r\n')));
      }
      client.close();
    }
    const said = [...replies, ...demo.stdout().split('\n')].flatMap(
      (line) => /http:\/\/127\.0\.0\.1:\d+\/r\/\w{33}$/u.exec(line)?.[0] ?? [],
    );
    const addresses = [...new Set(said)];
    // What is printed, and one for each of these.
    expect(addresses.length).toBeGreaterThanOrEqual(MORE.length + 5);
    const look = async (address: string, language: string) => {
      const answer = await fetch(`${address}?l=${language}`);
      return { status: answer.status, text: await answer.text(), policy: answer.headers.get('content-security-policy') ?? '' };
    };
    for (const address of addresses) {
      await waitFor('the page is there', async () => ((await look(address, 'en')).status === 200 ? true : undefined), {
        explain: () => address,
      });
    }
    const before = rowsOf(folder.path);
    for (const address of addresses) {
      for (const language of ['cs', 'en', 'pl', 'de']) {
        const { status, text, policy } = await look(address, language);
        expect([status, text.includes(`<html lang="${language}">`), policy.includes("default-src 'none'")]).toEqual([200, true, true]);
        expect(text, address).not.toMatch(/alice|nobody@|spamfree|example\.test|127\.0\.0\.\d|secret/iu);
        expect(text, address).not.toMatch(/<script|<img|<b>|undefined/iu);
      }
    }
    for (let i = 0; i < 100; i += 1) await look(addresses[i % addresses.length] ?? '', 'cs');
    expect(rowsOf(folder.path)).toEqual(before);
  });

  test('Ctrl-C ends everything, with exit code 0', async () => {
    // A terminal sends it to the whole group, npm and the demo alike.
    process.kill(-demo.pid, 'SIGINT');
    expect(await demo.ended).toBe(0);
    expect(demo.stdout()).toContain('stopping (running messages are finished first)');
  });
});
