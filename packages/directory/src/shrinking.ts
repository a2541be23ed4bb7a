import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { COUNTS_KEPT_MS, DOMAINS_KEPT_SHARE, DOUBT_MS, FEW_DOMAINS } from './limits.ts';

/** What stands instead of a load or a file that lost too much: why it is not believed; undefined when it is. */
export function describeShrinking(what: string, domains: number, before: number): string | undefined {
  if (domains === 0) return `${what} has no domain at all, ${before} before`;
  if (before > FEW_DOMAINS && domains < before * DOMAINS_KEPT_SHARE) return `${what} has ${domains} domains, ${before} before`;
  return undefined;
}

/** Whether a directory file that came in the place of another one is believed. */
export interface Shrinking {
  /** Notes how many domains the file has that stands there now; none is passed over. */
  opened(domains: number): void;
  /** Notes how many domains the file had at last that is closed now. */
  leaving(domains: number): void;
  /** Why it is not believed that nobody is there; undefined when it is. */
  doubt(): string | undefined;
}

/**
 * Remembers how many domains there were at most in the last days: what files lose one after the other, each a little, is lost all the same. What is taken out of a
 * file that stands there is meant. A loss is believed after an hour, when the file is replaced by one that has them, or when it is accepted.
 */
export function createShrinking(path: string, monotonicMs: () => number): Shrinking {
  let before = 0;
  let beforeAtMs = 0;
  /** In the file that is open, when it was opened; in the one before, at last. */
  let [current, last] = [0, 0];
  let smaller: { readonly domains: number; readonly sinceMs: number } | undefined;
  const believe = (domains: number): void => {
    before = domains;
    beforeAtMs = monotonicMs();
    smaller = undefined;
  };
  return {
    opened: (domains) => {
      // One without any is a fault by itself, and a new one begins so.
      if (domains === 0) return;
      current = domains;
      if (smaller === undefined && last > 0 && monotonicMs() - beforeAtMs >= COUNTS_KEPT_MS) believe(last);
      const isLoss = describeShrinking('', domains, before) !== undefined;
      if (!isLoss) {
        smaller = undefined;
        if (domains >= before) believe(domains);
      } else if (smaller === undefined || domains < smaller.domains) smaller = { domains, sinceMs: monotonicMs() };
      // Domains that are added one by one do not begin the hour anew.
      else smaller = { ...smaller, domains };
    },
    leaving: (domains) => {
      // It changed since it was opened: what comes in its place is compared with what is left of that.
      if (domains === 0 || smaller !== undefined) return;
      last = domains;
      before = Math.max(domains, Math.round(Math.min(before + domains - current, (before * domains) / current)));
    },
    doubt: () => {
      if (smaller === undefined) return undefined;
      const { domains, sinceMs } = smaller;
      if (monotonicMs() - sinceMs >= DOUBT_MS || readAccepted(path) === domains) {
        believe(domains);
        return undefined;
      }
      const what = describeShrinking('the file that stands there now', domains, before) ?? '';
      return `directory ${path}: ${what}: unknown recipients are delayed for an hour; mxctl directory accept believes it`;
    },
  };
}

/** Believes the directory file that stands at a path, of so many domains. */
export function acceptDomains(path: string, domains: number): void {
  writeFileSync(acceptedFile(path), describeAccepted(path, domains));
}

/** Removes what accepted another file, or was said more than an hour ago: nobody doubts the file that stands there any more. */
export function removeOldAcceptance(path: string, now: Date): void {
  const stats = statSync(acceptedFile(path), { throwIfNoEntry: false });
  if (stats === undefined) return;
  const domains = readAccepted(path);
  const applies = domains !== undefined && now.getTime() - stats.mtimeMs < DOUBT_MS;
  if (!applies) rmSync(acceptedFile(path), { force: true });
}

/** How many domains the file has that stands at the path and was accepted; undefined when it was not. */
function readAccepted(path: string): number | undefined {
  try {
    const text = readFileSync(acceptedFile(path), 'utf8');
    const domains = Number(text.split(' ')[0]);
    return text === describeAccepted(path, domains) ? domains : undefined;
  } catch {
    return undefined;
  }
}

/** Names the file too: another one that has as many domains is another one. @throws what the system says */
function describeAccepted(path: string, domains: number): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${domains} domains in file ${dev}:${ino}\n`;
}

function acceptedFile(path: string): string {
  return `${path}.accepted`;
}
