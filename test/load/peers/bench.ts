import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installPackages, unpackPackages } from '@vratny/daemons';
import { startClamd } from '@vratny/support/clamd';
import { ROOT } from '@vratny/support/mx';
import { OPENSMTPD } from '@vratny/support/unpacked-root';
import { type Cost, measureCosts } from './costs.ts';
import { makeGround } from './ground.ts';
import { type Effort, measureRow } from './measure.ts';
import { startNoScan } from './no-scan.ts';
import { drawChart, type Result, renderReport, renderTable } from './report.ts';
import { makeLadder } from './rows.ts';

const USAGE = `Usage: npm run bench [-- OPTIONS]
Runs other mail servers and Vratny in turn on the same work and compares them. Needs root (Debian packages are installed when they are missing),
and a machine that does nothing else.

  --quick         three rows, three rounds, under three minutes; writes no report
  --rows ID,...   only these rows (--list names them)
  --peers ID,...  only these servers
  --rounds N      rounds of each row
  --seconds N     seconds of a round
  --warm-up N     messages before the first round
  --out FOLDER    where PERFORMANCE.md and its chart are written; docs unless --quick
  --list          name the rows and their servers
  --help          this text
`;

/** sysexits.h: the command was used wrongly. */
const EXIT_USAGE = 64;
/** As shells say it of a program that Ctrl-C ended. */
const EXIT_ENDED = 130;
const QUICK: Effort = { warmUp: 2_000, rounds: 3, seconds: 2 };
/** Some forty servers are measured, each for half a minute: all of it in about 25 minutes. */
const FULL: Effort = { warmUp: 10_000, rounds: 5, seconds: 3 };

const flags = readFlags();
if (flags.help) process.stdout.write(USAGE);
else await run(flags);

type Flags = ReturnType<typeof readFlags>;

async function run({ quick, rows, peers, rounds, seconds, warmUp, out, list }: Flags): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  if (!list) {
    const missing = installPackages(['postfix', ...(quick ? [] : ['clamav-daemon'])], { mayInstall: true, say });
    if (missing.length > 0) throw new Error(`without ${missing.join(', ')} there is nothing to compare with`);
    if (!quick) unpackPackages([OPENSMTPD], { mayInstall: true, say });
  }
  await using stack = new AsyncDisposableStack();
  const noScan = list ? 'tcp://127.0.0.1:3310' : await startNoScan(stack);
  const clamd = quick || list ? undefined : stack.use(await startClamd()).tcp;
  const clamdUrl = clamd?.kind === 'tcp' ? `tcp://${clamd.host}:${clamd.port}` : undefined;
  const ladder = makeLadder({ clamd: clamdUrl, noScan })
    .filter((row) => (rows.length > 0 ? rows.includes(row.id) : !quick || row.quick))
    .map((row) => ({ ...row, peers: row.peers.filter(({ id }) => peers.length === 0 || peers.includes(id)) }));
  if (list) {
    for (const row of ladder) process.stdout.write(`${row.id}: ${row.title} (${row.peers.map(({ id }) => id).join(', ')})\n`);
    return;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('ending: the servers are being stopped ...');
      process.exitCode = EXIT_ENDED;
      ending.abort();
    });
  }
  const ground = stack.use(await makeGround(say, ending.signal));
  const plan = quick ? QUICK : FULL;
  const effort = { warmUp: warmUp ?? plan.warmUp, rounds: rounds ?? plan.rounds, seconds: seconds ?? plan.seconds };
  const folder = out ?? (quick ? undefined : join(ROOT, 'docs'));
  const results: Result[] = [];
  // After each row: what was measured is there even if the run is ended.
  const write = (costs: readonly Cost[]) => {
    if (folder === undefined) return;
    writeFileSync(join(folder, 'PERFORMANCE.md'), renderReport(results, costs, effort));
    writeFileSync(join(folder, 'performance.svg'), drawChart(results));
  };
  for (const row of ladder) {
    if (ending.signal.aborted) return;
    try {
      const result = { row, measured: await measureRow(ground, row, effort) };
      results.push(result);
      process.stdout.write(`\n${row.title}\n${renderTable(result)}\n`);
      write([]);
    } catch (error) {
      if (ending.signal.aborted) return;
      // The other rows are worth having all the same.
      say(`${row.id}: not measured: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  if (!quick && rows.length === 0 && peers.length === 0 && !ending.signal.aborted) write(await measureCosts(ground));
}

function readFlags() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { quick: flag, rows: text, peers: text, rounds: text, seconds: text, 'warm-up': text, out: text, list: flag, help: flag };
  try {
    const { values } = parseArgs({ options });
    return {
      quick: values.quick,
      rows: values.rows?.split(',') ?? [],
      peers: values.peers?.split(',') ?? [],
      rounds: readNumber('rounds', values.rounds),
      seconds: readNumber('seconds', values.seconds),
      warmUp: readNumber('warm-up', values['warm-up']),
      out: values.out,
      list: values.list,
      help: values.help,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1 on, not ${text}`);
  return value;
}
