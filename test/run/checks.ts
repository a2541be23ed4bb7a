import type { Program } from './program.ts';

const STATIC_TIMEOUT_MS = 120_000;

/** What `pnpm check` runs before its tests, one program each. */
export const STATIC_CHECKS: readonly Program[] = [
  { name: 'biome', args: ['check', '.'], timeoutMs: STATIC_TIMEOUT_MS },
  { name: 'oxlint', args: ['--type-aware', '--deny-warnings'], timeoutMs: STATIC_TIMEOUT_MS },
  { name: 'tsc', args: ['-p', 'tsconfig.json'], timeoutMs: STATIC_TIMEOUT_MS },
  { name: 'knip', args: [], timeoutMs: STATIC_TIMEOUT_MS },
];

/** The vitest projects of `pnpm check`. */
export const CHECK_PROJECTS: readonly string[] = ['unit', 'architecture', 'docs'];

/** Bound of those projects together; under a minute is what they should need. */
export const CHECK_PROJECTS_TIMEOUT_MS = 900_000;
