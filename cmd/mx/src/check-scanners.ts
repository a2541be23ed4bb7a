import { openAntispam, openAntivirus } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Journal } from '@vratny/journal';
import { antispam, antivirus, asks, type Policy } from '@vratny/policy';
import { type Cancellation, createCanceller, pause } from '@vratny/waiting';
import { CHECK_AGAIN_MS } from './limits.ts';

/** A scanner that a host's policy asks, by the name its faults have in the journal. */
export interface AskedScanner {
  readonly where: 'antivirus' | 'antispam';
  /** What is wrong, one line each. Never rejects. */
  check(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The scanners that the policy asks; nothing is asked of them yet. @throws StartProblem */
export function openAskedScanners(policy: Policy, site: Pick<Site, 'antivirus' | 'antispam' | 'limits'>): readonly AskedScanner[] {
  const virus = asks(policy, antivirus) ? [{ where: 'antivirus' as const, ...openAntivirus(site) }] : [];
  const spam = asks(policy, antispam) ? [{ where: 'antispam' as const, ...openAntispam(site) }] : [];
  return [...virus, ...spam];
}

/**
 * Tries each scanner, in the background, and records what is wrong at the second try too as faults: the host serves meanwhile, and mail
 * that cannot be scanned waits. Returns what ends it; nothing is recorded after that.
 */
export function checkScanners(
  scanners: readonly AskedScanner[],
  journal: Pick<Journal, 'record'>,
  againMs: number = CHECK_AGAIN_MS,
): () => Promise<void> {
  const closing = createCanceller();
  const checks = scanners.map(async (scanner) => {
    const problems = await checkTwice(scanner, againMs, closing.signal);
    // A check that was ended finds that the scanner was closed, which is no news.
    if (closing.signal.aborted) return;
    for (const detail of problems) journal.record({ kind: 'fault', where: scanner.where, detail });
    await scanner.close();
  });
  return async () => {
    closing.abort();
    await Promise.all(scanners.map((scanner) => scanner.close()));
    await Promise.all(checks);
  };
}

async function checkTwice(scanner: AskedScanner, againMs: number, signal: Cancellation): Promise<readonly string[]> {
  const problems = await scanner.check();
  if (problems.length === 0) return problems;
  await pause(againMs, signal);
  return signal.aborted ? [] : scanner.check();
}
