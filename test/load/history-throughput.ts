/**
 * What keeping a history costs: `node test/load/history-throughput.ts [--rounds N] [--seconds N]`. The same host of policy a with and without a history on
 * SQLite, in turn, five rounds unless told, on the main row of `npm run bench` and on refusals at RCPT. Prints both rates and their ratio of each round; the goal is
 * 0.95 where messages are delivered. Needs root and Postfix for its clients; a machine that does nothing else.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { installPackages } from '@vratny/daemons';
import { makeGround } from './peers/ground.ts';
import { type Measured, measureRow } from './peers/measure.ts';
import type { Row } from './peers/rows.ts';
import { vratny } from './peers/vratny.ts';

const GOAL = 0.95;
const WARM_UP = 5_000;
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
  const measured = await measureRow(ground, row, { warmUp: WARM_UP, rounds: Number(flags.rounds), seconds: Number(flags.seconds) });
  report(row, measured);
  process.stdout.write(`load of the machine: ${before} before, ${loadavg()[0]?.toFixed(1)} after, its own included\n`);
}

function report({ title, id }: Row, [without, withIt]: readonly Measured[]): void {
  const rates = (one: Measured | undefined) => (one?.samples ?? []).map(({ messages, ms }) => (1_000 * messages) / ms);
  const [plain, kept] = [rates(without), rates(withIt)];
  const ratios = kept.map((rate, i) => rate / (plain[i] ?? Number.NaN));
  process.stdout.write(`\n${title}\n| round | without, a second | with | ratio |\n|---|---|---|---|\n`);
  ratios.forEach((ratio, i) => {
    process.stdout.write(`| ${i + 1} | ${plain[i]?.toFixed(0)} | ${kept[i]?.toFixed(0)} | ${ratio.toFixed(2)} |\n`);
  });
  const middle = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? Number.NaN;
  const verdict = id !== 'delivered' ? '' : middle >= GOAL ? `, the goal of ${GOAL} is reached` : `, BELOW THE GOAL of ${GOAL}`;
  process.stdout.write(`median ${middle.toFixed(2)}${verdict}\n`);
}
