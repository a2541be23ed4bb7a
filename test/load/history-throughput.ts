/**
 * What keeping a history costs: `node test/load/history-throughput.ts [--rounds N] [--seconds N]`. The same host of policy a with and without a history on
 * SQLite, in turn, five rounds unless told, on the main row of `npm run bench` and on refusals at RCPT. Either goes first in turn, and two rounds before them are not
 * counted: both hosts still compile what they run. Prints the rates and their ratio of each round, by the clock and by the processor time of the host, which other
 * work on the machine disturbs less; the goal is 0.95 by the clock where messages are delivered. Needs root and Postfix for its clients; a machine that does nothing
 * else.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { installPackages } from '@vratny/daemons';
import { makeGround } from './peers/ground.ts';
import { type Measured, measureRow, perProcessorSecond } from './peers/measure.ts';
import type { Row } from './peers/rows.ts';
import { vratny } from './peers/vratny.ts';

const GOAL = 0.95;
const WARM_UP = 5_000;
/** Rounds that nobody counts, so that either host was first in one. */
const FIRST_ROUNDS = 2;
const PEERS = [vratny({ letter: 'a' }), vratny({ letter: 'a', history: true })];
const WORK = { sessions: 50, sizeBytes: 4_096, connections: 'kept', tls: false, senders: 1 } as const;
const ROWS: readonly Row[] = [
  {
    id: 'delivered',
    title: 'messages of 4 KiB, delivered to an LMTP sink',
    work: { ...WORK, ends: 'delivered' },
    peers: PEERS,
    quick: false,
  },
  { id: 'refused', title: 'refusals at RCPT', work: { ...WORK, connections: 'one each', ends: 'refused' }, peers: PEERS, quick: false },
];

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '5' } } });
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const missing = installPackages(['postfix'], { mayInstall: true, say });
if (missing.length > 0) throw new Error(`without ${missing.join(', ')} there is nobody who sends`);
// Whoever ends the run leaves no servers behind.
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
await using ground = await makeGround(say, ending.signal);
for (const row of ROWS) {
  const before = loadavg()[0]?.toFixed(1);
  const measured = await measureRow(ground, row, {
    warmUp: WARM_UP,
    rounds: FIRST_ROUNDS + Number(flags.rounds),
    seconds: Number(flags.seconds),
  });
  report(row, measured);
  process.stdout.write(`load of the machine: ${before} before, ${loadavg()[0]?.toFixed(1)} after, its own included\n`);
}

function report({ title, id }: Row, [without, withIt]: readonly Measured[]): void {
  const samplesOf = (one: Measured | undefined) => (one?.samples ?? []).slice(FIRST_ROUNDS);
  const ratesOf = (one: Measured | undefined) => samplesOf(one).map(({ messages, ms }) => (1_000 * messages) / ms);
  const byClock = compare(ratesOf(without), ratesOf(withIt));
  const byProcessor = compare(samplesOf(without).map(perProcessorSecond), samplesOf(withIt).map(perProcessorSecond));
  const tell = (cells: readonly string[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
  process.stdout.write(`\n${title}\n`);
  tell(['round', 'without, a second', 'with', 'ratio', 'without, a processor second', 'with', 'ratio']);
  tell(Array.from({ length: 7 }, () => '---'));
  for (const [i, row] of byClock.rows.entries()) tell([String(i + 1), ...row, ...(byProcessor.rows[i] ?? [])]);
  const isReached = byClock.median >= GOAL ? `the goal of ${GOAL} is reached` : `BELOW THE GOAL of ${GOAL}`;
  const verdict = id === 'delivered' ? `, ${isReached}` : '';
  process.stdout.write(`median ${byClock.median.toFixed(2)}${verdict}; by processor time ${byProcessor.median.toFixed(2)}\n`);
}

/** Two rates of each round with their ratio, and the median of the ratios. */
function compare(without: readonly number[], withIt: readonly number[]): { readonly rows: readonly string[][]; readonly median: number } {
  const ratios = withIt.map((rate, i) => rate / (without[i] ?? Number.NaN));
  const rows = ratios.map((ratio, i) => [(without[i] ?? Number.NaN).toFixed(0), (withIt[i] ?? Number.NaN).toFixed(0), ratio.toFixed(2)]);
  return { rows, median: ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? Number.NaN };
}
