import { installPackages, unpackPackages } from '@vratny/daemons';
import { SUITES, type Suite } from '../setup/suites.ts';
import { CHECK_PROJECTS, CHECK_PROJECTS_TIMEOUT_MS, STATIC_CHECKS } from './checks.ts';
import { CHECK, type Flags } from './flags.ts';
import { runProgram } from './program.ts';
import { add, formatTally, NONE, type Tally } from './tally.ts';
import { countTests, runVitest, type VitestResult } from './vitest.ts';

interface LeftOut {
  readonly suite: Suite;
  readonly missing: readonly string[];
  readonly tests: number;
}

type Result = Partial<VitestResult>;

const say = (line: string) => process.stdout.write(`${line}\n`);

/**
 * Runs what the flags ask for, one after the other, to the end even when something fails, so that one run shows everything. Returns
 * the exit code. The last line is `N passed, N failed, N skipped`, over all tests.
 */
export async function runAll(flags: Flags): Promise<number> {
  const suites = SUITES.filter((suite) => flags.only.includes(suite.name));
  const missing = bringPackages(suites, flags);
  let tally = NONE;
  const failures: string[] = [];
  const note = (name: string, result: Result) => {
    tally = add(tally, result.tally ?? NONE);
    if (result.why !== undefined) failures.push(`${name}: ${result.why}`);
    failures.push(...(result.failed ?? []));
  };
  if (flags.only.includes(CHECK)) await runChecks(note);
  const leftOut: LeftOut[] = [];
  for (const suite of suites) {
    const needed = [...suite.packages, ...(suite.unpacked ?? []).flatMap(({ packages }) => packages)];
    const lacks = needed.filter((name) => missing.includes(name));
    if (lacks.length > 0) leftOut.push({ suite, missing: lacks, tests: await countTests(suite.name) });
    else {
      say(`\n== ${suite.name}: ${suite.shows}`);
      note(suite.name, await runVitest([suite.name], suite.timeoutMs));
    }
  }
  return finish(tally, failures, leftOut);
}

/** Brings what the suites need onto this machine; returns the Debian packages that are still missing. */
function bringPackages(suites: readonly Suite[], flags: Flags): readonly string[] {
  const options = { mayInstall: flags.mayInstall, say: (line: string) => say(`== ${line}`) };
  const missing = installPackages(
    suites.flatMap((suite) => suite.packages),
    options,
  );
  const notUnpacked = unpackPackages(
    suites.flatMap((suite) => suite.unpacked ?? []),
    options,
  );
  return [...missing, ...notUnpacked.flatMap(({ packages }) => packages)];
}

async function runChecks(note: (name: string, result: Result) => void): Promise<void> {
  for (const program of STATIC_CHECKS) {
    say(`== ${program.name} ${program.args.join(' ')}`.trimEnd());
    note(program.name, await runProgram(program));
  }
  say(`\n== ${CHECK_PROJECTS.join(', ')}`);
  note(CHECK_PROJECTS.join(', '), await runVitest(CHECK_PROJECTS, CHECK_PROJECTS_TIMEOUT_MS));
}

function finish(tally: Tally, failures: readonly string[], leftOut: readonly LeftOut[]): number {
  say('');
  const tests = leftOut.reduce((sum, one) => sum + one.tests, 0);
  const total: Tally = { ...tally, skipped: tally.skipped + tests };
  const empty = total.passed + total.failed === 0 && failures.length === 0;
  for (const failure of [...failures, ...(empty ? ['no test was executed'] : [])]) say(`failed: ${failure}`);
  for (const one of leftOut) say(`left out: ${one.suite.name}, ${one.tests} tests; Debian packages missing: ${one.missing.join(', ')}`);
  say(leftOut.length === 1 ? '1 suite left out' : `${leftOut.length} suites left out`);
  say(formatTally(total));
  return failures.length > 0 || total.failed > 0 || empty ? 1 : 0;
}
