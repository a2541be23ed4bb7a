import { stat } from 'node:fs/promises';
import type { Site } from '@vratny/config';
import { describeError } from '@vratny/text';
import { TLS_ALARM_AFTER_LOOKS, TLS_ALARMS_MAX, TLS_LOOK_MS } from './limits.ts';
import { findOutOfDate, readTls, type TlsMaterial } from './read-tls.ts';

/** Who is told of changed certificates. */
export interface TlsListener {
  /** The files changed, and all of them fit: this is in use from now on. */
  onRenewed(material: TlsMaterial): void;
  /** The files changed, and cannot be used: what was in use stays. One line for each problem. */
  onRefused(problem: string): void;
}

/** What a watch may be told to do otherwise. */
export interface TlsWatchOptions {
  readonly now: () => Date;
  /** Calls back every so many milliseconds until the returned function is called; setInterval when left out. */
  readonly every?: (ms: number, run: () => void) => () => void;
}

/** Looks at the files of certificates. */
export interface TlsWatch {
  /** Looks now. */
  look(): Promise<void>;
  close(): void;
}

/**
 * Looks every second whether the files that the site file names have changed, and reads them anew. Paths are followed
 * to what they lead to, so that it does not matter how a file was replaced: by renaming, by another symbolic link
 * anywhere on the way (certbot, Kubernetes), in place. Certificate and key change one after the other: what does not
 * fit is tried again at each look, and an alarm only when it stays so.
 */
export function watchTls(tls: NonNullable<Site['tls']>, inUse: TlsMaterial, listener: TlsListener, options: TlsWatchOptions): TlsWatch {
  const state: WatchState = { inUse, seen: undefined, looksInVain: 0, told: new Set() };
  let looking = false;
  const look = async () => {
    // A file system that does not answer is asked once.
    if (looking) return;
    looking = true;
    try {
      await lookOnce(tls, state, listener, options.now());
    } finally {
      looking = false;
    }
  };
  const stop = (options.every ?? everyInterval)(TLS_LOOK_MS, () => void look());
  return { look, close: stop };
}

interface WatchState {
  inUse: TlsMaterial;
  /** The files as they were when they last fitted. */
  seen: string | undefined;
  looksInVain: number;
  /** What the operator has been told since it fitted. */
  readonly told: Set<string>;
}

async function lookOnce(tls: NonNullable<Site['tls']>, state: WatchState, listener: TlsListener, now: Date): Promise<void> {
  const print = await fingerprint(tls);
  if (print === state.seen) return;
  const reading = readAnew(tls, now);
  if (typeof reading === 'string') {
    state.looksInVain += 1;
    if (state.looksInVain < TLS_ALARM_AFTER_LOOKS || state.told.has(reading) || state.told.size >= TLS_ALARMS_MAX) return;
    state.told.add(reading);
    listener.onRefused(reading);
    return;
  }
  const renewed = JSON.stringify(reading) !== JSON.stringify(state.inUse);
  const wasRefused = state.told.size > 0;
  Object.assign(state, { inUse: reading, seen: print, looksInVain: 0 });
  state.told.clear();
  if (renewed || wasRefused) listener.onRenewed(reading);
}

function readAnew(tls: NonNullable<Site['tls']>, now: Date): TlsMaterial | string {
  try {
    const material = readTls({ tls });
    if (material === undefined) return 'no certificate';
    const outOfDate = findOutOfDate(tls, material, now);
    return outOfDate.length > 0 ? outOfDate.join('\n') : material;
  } catch (error) {
    return describeError(error);
  }
}

/** Changes whenever one of the files is another one, or was written, or may be read by others. */
async function fingerprint(tls: NonNullable<Site['tls']>): Promise<string> {
  const files = tls.certificates.flatMap(({ cert, key }) => [cert, key]);
  const prints = await Promise.all(
    files.map((file) =>
      stat(file, { bigint: true }).then(
        ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
        (error: unknown) => String(error),
      ),
    ),
  );
  return prints.join(';');
}

function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms).unref();
  return () => clearInterval(timer);
}
