import { openCopySource, openHistory, openRegister } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { dayOf, type History, type HistoryEntry, PAGE_MAX } from '@vratny/journal/history';
import { SAMPLED_CHECKS, UNKNOWN_MAX } from '@vratny/journal/history/sampler';
import { describeError } from '@vratny/text';
import { serveHistory } from './history-socket.ts';
import { keepPart } from './keep-part.ts';
import { createLetterLooks, type LetterLooks } from './letter-looks.ts';
import { DAY_MS, HISTORY_COUNTS_DAYS, HISTORY_EXPIRE_MS, LOADING_TOLD_MS } from './limits.ts';
import { readSiteText } from './site-text.ts';
import { createUsageWriter, type UsageWriter } from './usage.ts';
import type { FromWriter, ToWriter, WrittenPart } from './writer.ts';

/** Writes until the primary is gone, or ends it. A part that fails is started again; the others go on. */
export function runWriter(): void {
  let usage: UsageWriter | undefined;
  let looks: LetterLooks | undefined;
  let copying: Promise<void> | undefined;
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
    // What waits is written first, and a load leaves nothing half made; there is nobody left to hear of what is not.
    void Promise.all([usage?.close(), looks?.close(), copying]).finally(() => process.exit(0));
  };
  const keep = (where: WrittenPart, run: (signal: AbortSignal) => Promise<void>): Promise<void> =>
    keepPart({ run, signal: ending.signal, onFault: (detail) => tell({ kind: 'fault', where, detail }) });
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // At a terminal it reaches the whole group; the primary says what it means.
  process.on('SIGINT', () => undefined);
  process.on('message', (message: ToWriter) => {
    switch (message.kind) {
      case 'start': {
        const site = readSiteText(message.site);
        usage = createUsageWriter(
          () => openRegister(site, () => new Date(), 'wait'),
          (detail) => tell({ kind: 'fault', where: 'register', detail }),
        );
        looks = createLetterLooks(site, (detail) => tell({ kind: 'fault', where: 'dns', detail }));
        copying = keep('directory', (signal) => keepCopyOf(site, signal));
        void keep('history', () => keepHistoryOf(site, message.socket));
        return;
      }
      case 'usage':
        usage?.write(message.changes);
        return;
      case 'look':
        looks?.ask(message.domain);
        return;
      case 'end':
        end();
        return;
    }
  });
}

function tell(message: FromWriter): void {
  if (process.connected) process.send?.(message);
}

async function keepCopyOf(site: Site, signal: AbortSignal): Promise<void> {
  const part = await openCopySource(site);
  if (part === undefined) return;
  let told = -1;
  let progressToldMs = performance.now();
  const { keepCopy } = await import('@vratny/directory/adopted');
  try {
    await keepCopy({
      ...part,
      now: () => new Date(),
      signal,
      onTrouble: (detail) => tell({ kind: 'fault', where: 'directory', detail }),
      onProgress: (rows) => {
        if (rows === 0 || performance.now() - progressToldMs < LOADING_TOLD_MS) return;
        progressToldMs = performance.now();
        tell({ kind: 'copy-loading', detail: `${rows} rows of addresses so far` });
      },
      onLoad: ({ domains, addresses }) => {
        // The first, and those that differ: one a minute would say nothing.
        if (told !== domains + addresses) tell({ kind: 'copy-loaded', detail: `${domains} domains, ${addresses} rows of addresses` });
        told = domains + addresses;
      },
    });
  } finally {
    await part.source.close();
  }
}

/** Runs as long as the process once it has begun. */
async function keepHistoryOf({ history: settings }: Site, socket: string): Promise<void> {
  if (settings === undefined) return;
  const history = await openHistory(settings);
  try {
    const onFault = (detail: string) => tell({ kind: 'fault', where: 'history', detail });
    await serveHistory({ path: socket, history, known: await sampledToday(history, onFault), onFault });
    expire(history, settings.days, onFault);
    setInterval(() => expire(history, settings.days, onFault), HISTORY_EXPIRE_MS);
  } catch (error) {
    await history.close();
    throw error;
  }
}

/** Of unknown recipients a day has a sample, and this day has begun before this process. When the store cannot tell, there will be another sample. */
async function sampledToday(history: History, onFault: (detail: string) => void): Promise<readonly HistoryEntry[]> {
  const now = Date.now();
  const range = { since: new Date(now - (now % DAY_MS)), until: new Date(now + DAY_MS) };
  const known: HistoryEntry[] = [];
  try {
    for (const check of SAMPLED_CHECKS) {
      let after: string | undefined;
      for (let page = 0; page * PAGE_MAX < 2 * UNKNOWN_MAX; page += 1) {
        const { entries, next } = await history.search({ ...range, check, limit: PAGE_MAX, ...(after === undefined ? {} : { after }) });
        known.push(...entries);
        after = next;
        if (after === undefined) break;
      }
    }
  } catch (error) {
    onFault(`what was kept today is not known: ${describeError(error)}`);
  }
  return known;
}

function expire(history: History, days: number, onFault: (detail: string) => void): void {
  const ago = (count: number) => dayOf(new Date(Date.now() - count * DAY_MS));
  history
    .expire({ entriesFrom: ago(days), countsFrom: ago(HISTORY_COUNTS_DAYS) })
    .catch((error: unknown) => onFault(`old days were not removed: ${describeError(error)}`));
}
