import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort, type RunningProgram, startProgram } from '@vratny/daemons';
import { newReceipt } from '@vratny/journal';
import type { HistoryEntry } from '@vratny/journal/history';
import { openSqliteHistory } from '@vratny/journal/history/sqlite';
import { ROOT } from '@vratny/support/mx';
import { makeTemporaryFolder, type TemporaryFolder } from '@vratny/support/temporary-folder';
import { waitFor } from '@vratny/support/wait-for';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const AT = new Date();
const SENDER = { sender: 'anna@partner.example', helo: 'mail.partner.example', client: '203.0.113.77', host: 'd10' };

function entry(parts: Pick<HistoryEntry, 'check' | 'verdict' | 'reply'>, facts: object): HistoryEntry {
  const story = JSON.stringify({ decision: { facts } });
  return { id: newReceipt(AT), at: AT, recipient: 'jana@firma.example', story, ...SENDER, ...parts };
}
const LISTED = entry(
  { check: 'dnsbl', verdict: 'refused', reply: '553 5.7.1 your address 203.0.113.77 is listed by bl.spamcop.net: see 203.0.113.77' },
  { spf: { value: 'pass (partner.example)' } },
);
const ASKED = [
  { ...LISTED, id: newReceipt(AT) },
  { ...LISTED, id: newReceipt(AT) },
] as const;
const HOSTILE = entry(
  {
    check: 'attachments',
    verdict: 'refused',
    reply: '554 5.7.1 "<img src=x onerror=alert(1)>.zip/b.exe": files ending in .exe are not accepted here',
  },
  {},
);
const WAITING = entry({ check: 'greylist', verdict: 'delayed', reply: '451 4.7.1 greylisted: please try again in 300 seconds (x)' }, {});

let folder: TemporaryFolder;
let panel: RunningProgram;
let browser: Browser;
let url = '';
beforeAll(async () => {
  folder = makeTemporaryFolder('browser');
  const history = openSqliteHistory({ folder: join(folder.path, 'history') });
  await history.add([LISTED, ...ASKED, HOSTILE, WAITING], []);
  await history.close();
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  const file = join(folder.path, 'site.yaml');
  writeFileSync(
    file,
    `cluster: { domain: thinline.example }\ndirectory: sqlite:./directory.db\nstate: "memory:"\ndelivery: maildir:./mail
history: { url: sqlite:./history }\npanel: { url: "${url}", listen: "127.0.0.1:${port}", store: sqlite:./panel.db }\n`,
  );
  panel = startProgram(process.execPath, [join(ROOT, 'cmd', 'panel', 'src', 'main.ts'), '--config', file]);
  const ready = () => {
    if (panel.ending() !== undefined) throw new Error(panel.stderr());
    return panel.stdout().includes('listening on') ? true : undefined;
  };
  await waitFor('the panel listens', ready, { deadlineMs: 30_000, explain: () => panel.stderr() });
  // Chromium's sandbox needs a user of its own; everything here is ours.
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'], timeout: 60_000 });
});
afterAll(async () => {
  await browser?.close();
  await panel?.stop();
  folder?.remove();
});

/** What a page asked for, and what went wrong in it. */
interface Visit {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly problems: readonly string[];
}

async function visit(path: string, options: BrowserContextOptions, look: (visit: Visit) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => void requests.push(request.url()));
    page.on('dialog', (dialog) => void problems.push(`a dialog: ${dialog.message()}`));
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())));
    await page.goto(`${url}${path}`);
    await look({ page, requests, problems });
  } finally {
    await context.close();
  }
}

/** Serious and critical findings of axe (WCAG 2.2 AA and best practice). */
async function findings(page: Page): Promise<readonly string[]> {
  // The page's own policy forbids every script, this one too: a context that bypasses it is asked.
  return page.evaluate(`${axe.source}; axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
}

const PAGES: readonly (readonly [string, string])[] = [
  ['a refusal', `/r/${LISTED.id}`],
  ['a delay', `/r/${WAITING.id}`],
  ['the question before a request', `/r/${LISTED.id}/ask`],
  ['nothing known', '/r/nothing'],
  ['a kind', '/why/spf'],
];

/** Widths, lights and languages; a page is looked at in two of them. */
const LOOKS = [
  [360, 'light', 'cs'],
  [1280, 'dark', 'en'],
  [360, 'dark', 'pl'],
  [1280, 'light', 'de'],
] as const;

describe('the pages for senders', () => {
  const looks = PAGES.flatMap(([name, path], i) =>
    (i % 2 === 0 ? LOOKS.slice(0, 2) : LOOKS.slice(2)).map((look) => [name, look.join(' '), path, look] as const),
  );
  test.each(looks)('%s, %s: readable, without serious findings', async (name, _look, path, [width, colorScheme, language]) => {
    await visit(`${path}?l=${language}`, { viewport: { width, height: 800 }, colorScheme, bypassCSP: true }, async ({ page, requests }) => {
      expect(await findings(page), `${width} ${colorScheme}`).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${width} ${language}`).toBe(true);
      expect(requests.every((one) => one.startsWith(`${url}/`))).toBe(true);
      // A picture for whoever wants to look: SHOTS=folder.
      const { SHOTS } = process.env;
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${width}-${language}.png`), fullPage: true });
    });
  });

  test('the language is the browser’s, and the switch changes it', async () => {
    await visit(`/r/${LISTED.id}`, { locale: 'pl-PL' }, async ({ page }) => {
      expect(await page.locator('html').getAttribute('lang')).toBe('pl');
      await page.getByRole('link', { name: 'Deutsch' }).click();
      expect(await page.locator('h1').textContent()).toMatch(/^Ihre Nachricht vom /u);
      expect(page.url()).toBe(`${url}/r/${LISTED.id}?l=de`);
    });
  });

  test('the look follows the switch, without script', async () => {
    await visit(`/r/${WAITING.id}?l=en`, { colorScheme: 'light', javaScriptEnabled: true }, async ({ page, problems }) => {
      const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      const light = await paper();
      await page.getByLabel('Dark').check();
      expect(await paper()).not.toBe(light);
      expect(problems).toEqual([]);
    });
  });

  test('a stranger’s file name is text', async () => {
    await visit(`/r/${HOSTILE.id}?l=en`, {}, async ({ page, problems }) => {
      expect(await page.locator('dd').first().textContent()).toBe('<img src=x onerror=alert(1)>.zip/b.exe');
      expect(await page.locator('img').count()).toBe(0);
      expect(problems).toEqual([]);
    });
  });

  test('a sender asks to be let in: a question first, then it is noted, and it stays noted', async ({ task }) => {
    // A request that was noted stays noted: another try has a receipt of its own.
    const [first, second] = ASKED;
    await visit(`/r/${(task.result?.retryCount ?? 0) === 0 ? first.id : second.id}?l=en`, {}, async ({ page, problems }) => {
      await page.getByRole('link', { name: 'Ask to be let in…' }).click();
      await page.getByRole('link', { name: 'Back' }).click();
      await page.getByRole('link', { name: 'Ask to be let in…' }).click();
      await page.getByRole('button', { name: 'Ask to be let in' }).click();
      await page.getByRole('heading', { name: 'Your request was noted.' }).waitFor();
      await page.reload();
      expect(await page.getByRole('heading', { name: 'Your request was noted.' }).count()).toBe(1);
      expect(await page.getByRole('link', { name: 'Ask to be let in…' }).count()).toBe(0);
      expect(problems).toEqual([]);
    });
  });
});
