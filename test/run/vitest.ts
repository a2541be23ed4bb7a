import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ending, runProgram } from './program.ts';
import { NONE, readReport, type Tally } from './tally.ts';

/** What a vitest run came to. */
export interface VitestResult extends Ending {
  readonly tally: Tally;
  /** Each test that failed: its name and how its message begins. */
  readonly failed: readonly string[];
}

/** Loading the files of a suite without running them; tables of rows only unfold when they are loaded. */
const LIST_TIMEOUT_MS = 60_000;

/** Runs vitest projects with the usual output; a run without a single test executed has failed. */
export async function runVitest(projects: readonly string[], timeoutMs: number): Promise<VitestResult> {
  return await withReportFile(async (file) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { why } = await runProgram({ name: 'vitest', args: ['run', ...projectFlags(projects), ...reporters], timeoutMs });
    const report = readReport(file) ?? { tally: NONE, failed: [] };
    if (why !== undefined) return { ...report, why };
    return report.tally.passed + report.tally.failed === 0 ? { ...report, why: 'no test was executed' } : report;
  });
}

/** How many tests a suite has that is left out; 1 when that cannot be told. */
export async function countTests(project: string): Promise<number> {
  return await withReportFile(async (file) => {
    await runProgram({
      name: 'vitest',
      args: ['list', '--no-static-parse', '--project', project, `--json=${file}`],
      timeoutMs: LIST_TIMEOUT_MS,
    });
    try {
      const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return Array.isArray(list) ? list.length : 1;
    } catch {
      return 1;
    }
  });
}

const projectFlags = (projects: readonly string[]) => projects.flatMap((name) => ['--project', name]);

async function withReportFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-report-'));
  try {
    return await work(join(folder, 'report.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
