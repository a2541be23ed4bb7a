import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** invoke-rc.d asks this program before it starts anything; 101 forbids it (Debian policy, "policy-rc.d"). */
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/**
 * Keeps freshly installed packages from starting their services while `work` runs. A policy that the machine already has stays as it
 * is, and ours is taken away again whatever happens.
 */
export function withoutStartingServices<T>(work: () => T): T {
  const ours = !existsSync(POLICY_FILE);
  if (ours) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    if (ours) rmSync(POLICY_FILE, { force: true });
  }
}
