import { connectAttacker } from '@vratny/support/attacker';
import { residentOfMx } from '@vratny/support/resident';
import { holdSlowClients, SLOW_KIND_TEXT, SLOW_KINDS, type SlowKind } from '@vratny/support/slow-clients';
import { startWorldHost, type WorldHost } from '@vratny/support/world-host';

/**
 * `npm run bench:slow [CLIENTS [ROUNDS [TRANSACTIONS]]]`: what 5,000 slow clients of each kind cost a normal one. In each round a normal client sends
 * messages, a connection for each, in quiet and then beside the slow ones. Prints a table; ends with 1 when the median round's p99 beside
 * them is more than twice that of the quiet run, or when one of them was turned away.
 */
const [clients = 5_000, rounds = 5, transactions = 300] = process.argv.slice(2).map(Number);
const RATIO_MAX = 2;
const WARM_UP = 300;
const SAY = ['EHLO client.test', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<bob@a.example.test>', 'DATA', 'Subject: x\r\n\r\nx\r\n.', 'QUIT'];

interface Row {
  readonly kind: SlowKind;
  readonly ratios: readonly number[];
  readonly quietMs: readonly number[];
  readonly busyMs: readonly number[];
  readonly kilobytesEach: number;
}

/** Milliseconds of one message, from connecting to the answer to QUIT. */
async function sendOne(host: WorldHost): Promise<number> {
  const startedAt = performance.now();
  const client = await connectAttacker(host.mx.port, '127.200.0.1');
  try {
    for (const line of SAY) {
      const reply = await client.reply();
      if (!/^[23]/u.test(reply ?? '')) throw new Error(`a normal client was told: ${reply}`);
      await client.write(`${line}\r\n`);
    }
    await client.reply();
    return performance.now() - startedAt;
  } finally {
    client.destroy();
  }
}

async function percentile99(host: WorldHost, count: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await sendOne(host));
  return times.sort((a, b) => a - b)[Math.ceil(count * 0.99) - 1] ?? Number.NaN;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure(kind: SlowKind): Promise<Row> {
  await using host = await startWorldHost({ host: 'a10', workers: 2 });
  await percentile99(host, WARM_UP);
  const quietMs: number[] = [];
  const busyMs: number[] = [];
  let grown = 0;
  for (let round = 0; round < rounds; round += 1) {
    quietMs.push(await percentile99(host, transactions));
    const before = residentOfMx(host.mx.pid).mx;
    await using slow = await holdSlowClients(host.mx.port, kind, clients);
    grown = Math.max(grown, residentOfMx(host.mx.pid).mx - before);
    busyMs.push(await percentile99(host, transactions));
    const trouble = slow.trouble();
    if (trouble !== undefined) throw new Error(`${SLOW_KIND_TEXT[kind]}: ${trouble}`);
  }
  const ratios = busyMs.map((busy, round) => busy / (quietMs[round] ?? Number.NaN));
  return { kind, ratios, quietMs, busyMs, kilobytesEach: grown / 1024 / clients };
}

process.stdout.write(
  `${clients} slow clients of each kind, ${rounds} rounds of ${transactions} messages; p99 in ms, median of the rounds\n`,
);
process.stdout.write(
  `${'kind'.padEnd(40)}${'quiet'.padStart(9)}${'beside'.padStart(9)}${'ratio'.padStart(8)}${'kB each'.padStart(9)}  ratio of each round\n`,
);
for (const kind of SLOW_KINDS) {
  const row = await measure(kind);
  const ratio = median(row.ratios);
  const numbers = [median(row.quietMs).toFixed(1).padStart(9), median(row.busyMs).toFixed(1).padStart(9), ratio.toFixed(2).padStart(8)];
  const each = row.kilobytesEach.toFixed(1).padStart(9);
  process.stdout.write(
    `${SLOW_KIND_TEXT[kind].padEnd(40)}${numbers.join('')}${each}  ${row.ratios.map((one) => one.toFixed(2)).join(' ')}\n`,
  );
  if (ratio > RATIO_MAX) process.exitCode = 1;
}
