import { openCopySource, openHistory, openRegister } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Register, UsageChange } from '@vratny/directory';
import { dayOf, type History, type HistoryEntry, PAGE_MAX } from '@vratny/journal/history';
import { SAMPLED_CHECKS, UNKNOWN_MAX } from '@vratny/journal/history/sampler';
import { describeError } from '@vratny/text';
import { serveHistory } from './history-socket.ts';
import { createLetterLooks, type LetterLooks } from './letter-looks.ts';
import { DAY_MS, HISTORY_COUNTS_DAYS, HISTORY_EXPIRE_MS, LOADING_TOLD_MS, USAGE_WRITE_MS } from './limits.ts';
import { readSiteText } from './site-text.ts';
import { createBoundedUsage } from './usage.ts';
import type { FromWriter, ToWriter, WrittenPart } from './writer.ts';

/** Writes until the primary is gone, or ends it. */
export function runWriter(): void {
  let usage: UsageWriter | undefined;
  let looks: LetterLooks | undefined;
  const end = (): void => {
    // What waits is written first; there is nobody left to hear of what is not.
    void Promise.all([usage?.close(), looks?.close()]).finally(() => process.exit(0));
  };
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // At a terminal it reaches the whole group; the primary says what it means.
  process.on('SIGINT', () => undefined);
  process.on('message', (message: ToWriter) => {
    switch (message.kind) {
      case 'start': {
        const site = readSiteText(message.site);
        usage = createUsageWriter(site, (detail) => tell({ kind: 'fault', where: 'register', detail }));
        looks = createLetterLooks(site, (detail) => tell({ kind: 'fault', where: 'dns', detail }));
        keepCopyOf(site).catch((error: unknown) => giveUp('directory', error));
        keepHistoryOf(site, message.socket).catch((error: unknown) => giveUp('history', error));
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

function giveUp(where: WrittenPart, error: unknown): void {
  tell({ kind: 'fault', where, detail: describeError(error) });
  process.exit(1);
}

/** Writes what workers stored into the register. */
interface UsageWriter {
  write(changes: readonly UsageChange[]): void;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

/** Writes once a second, all mailboxes in one transaction; what cannot be written waits for the next time. */
function createUsageWriter(site: Site, onFault: (detail: string) => void): UsageWriter {
  const batch = createBoundedUsage(onFault);
  let register: Register | undefined;
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    if (batch.isEmpty()) return;
    const changes = batch.take();
    try {
      register ??= await openRegister(site, () => new Date(), 'wait');
      await register.writeUsage(changes);
    } catch (error) {
      batch.merge(changes, 'before');
      onFault(`how much mailboxes hold was not written: ${describeError(error)}`);
    }
  };
  const write = (): Promise<void> => {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  };
  const ticking = setInterval(() => void write(), USAGE_WRITE_MS).unref();
  return {
    write: (changes) => batch.merge(changes),
    close: async () => {
      clearInterval(ticking);
      await writing;
      await write();
      await register?.close();
    },
  };
}

async function keepCopyOf(site: Site): Promise<void> {
  const part = await openCopySource(site);
  if (part === undefined) return;
  let told = -1;
  let progressToldMs = performance.now();
  const { keepCopy } = await import('@vratny/directory/adopted');
  await keepCopy({
    ...part,
    now: () => new Date(),
    signal: new AbortController().signal,
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
}

async function keepHistoryOf({ history: settings }: Site, socket: string): Promise<void> {
  if (settings === undefined) return;
  const history = await openHistory(settings);
  const onFault = (detail: string) => tell({ kind: 'fault', where: 'history', detail });
  await serveHistory({ path: socket, history, known: await sampledToday(history, onFault), onFault });
  expire(history, settings.days, onFault);
  setInterval(() => expire(history, settings.days, onFault), HISTORY_EXPIRE_MS);
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
