import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], timeoutMs = 20_000) => ({
  test: { name, include, environment: 'node', testTimeout: timeoutMs, hookTimeout: timeoutMs, pool: 'forks' as const },
});

// `npm run check` must stay quick: tests that start whole hosts are a suite of their own, wherever they stand.
const WHOLE_HOSTS = [
  'cmd/mx/src/mx.test.ts',
  'cmd/mx/src/capabilities.test.ts',
  'cmd/mx/src/signals.test.ts',
  'cmd/mx/src/stores.test.ts',
  'cmd/mx/src/tarpit.test.ts',
  'cmd/mx/src/shares/host-limits.test.ts',
  'cmd/mx/src/watch/silent-worker.test.ts',
];
const unit = (include: string[]) => ({
  // Files share their processes: loading the same sources anew for each of 400 files took four fifths of the time.
  test: { ...project('unit', include).test, exclude: ['**/node_modules/**', ...WHOLE_HOSTS], retry: 1, isolate: false },
});

// The suites that start programs run their files one after the other: they share the machine's few cores and its clock.
const withPrograms = (name: string, timeoutMs: number) => ({
  // Once more before it counts: daemons of others on a busy machine miss a deadline now and then, and the report says so.
  test: { ...project(name, [`test/${name}/**/*.test.ts`], timeoutMs).test, fileParallelism: false, retry: 1 },
});

export default defineConfig({
  test: {
    // By default one less than there are processors: on two of them the unit tests would run one file after the other.
    maxWorkers: '100%',
    projects: [
      unit(['packages/*/src/**/*.test.ts', 'cmd/*/src/**/*.test.ts', 'test/{run,setup,support,fuzz}/**/*.test.ts']),
      project('architecture', ['test/architecture/**/*.test.ts']),
      project('docs', ['test/docs/**/*.test.ts']),
      withPrograms('dialogues', 60_000),
      { test: { ...withPrograms('stories', 120_000).test, include: ['test/stories/**/*.test.ts', ...WHOLE_HOSTS] } },
      withPrograms('state', 120_000),
      withPrograms('browser', 60_000),
      withPrograms('scanner', 180_000),
      withPrograms('load', 120_000),
      withPrograms('parsers', 180_000),
      withPrograms('interop', 180_000),
      withPrograms('hostile', 180_000),
      withPrograms('operations', 400_000),
      withPrograms('delivery', 180_000),
      // Two at a time: most of it is waiting for servers that are away, and each file has servers of its own.
      {
        test: {
          ...withPrograms('directory', 180_000).test,
          globalSetup: ['test/directory/templates.ts'],
          fileParallelism: true,
          maxWorkers: 2,
        },
      },
      withPrograms('attachments', 180_000),
      // Never a second time: a message that was lost once in a hundred runs was lost. The full form (`pnpm faults`) takes as long as it takes.
      { test: { ...withPrograms('faults', 3_600_000).test, retry: 0 } },
    ],
  },
});
