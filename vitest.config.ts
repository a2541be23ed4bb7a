import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], timeoutMs = 20_000) => ({
  test: { name, include, environment: 'node', testTimeout: timeoutMs, hookTimeout: timeoutMs, pool: 'forks' as const },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'cmd/*/src/**/*.test.ts']),
      project('architecture', ['test/architecture/**/*.test.ts']),
      project('docs', ['test/docs/**/*.test.ts']),
      project('dialogues', ['test/dialogues/**/*.test.ts'], 60_000),
      project('stories', ['test/stories/**/*.test.ts'], 120_000),
      project('interop', ['test/interop/**/*.test.ts'], 180_000),
    ],
  },
});
