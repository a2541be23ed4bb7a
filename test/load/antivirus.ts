/**
 * `node test/load/antivirus.ts`: how much of clamd's own throughput is left when mx's client stands before it. Both sides scan the same
 * messages, the same number at once, in turns of the same run. Exits with 1 when less than 90 % is left. Needs Debian's clamav-daemon.
 */
import { randomBytes } from 'node:crypto';
import { type Content, createSpool } from '@vratny/message';
import { createClamdAntivirus } from '@vratny/scanner/clamd';
import { startClamd } from '@vratny/support/clamd';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { adapterScan, frame, type LoadMessage, measure, rawScan, type ScanOne, type Throughput } from './antivirus-load.ts';

const AT_ONCE = 10;
const ROUNDS = 9;
const TARGET = 0.9;
const KIB = 1024;
/** How many messages of which size: most mail is small, most octets are in large mail. */
const MIX: readonly (readonly [count: number, sizeBytes: number])[] = [
  [100, 6 * KIB],
  [40, 60 * KIB],
  [12, 400 * KIB],
  [4, 3000 * KIB],
  [1, 20_000 * KIB],
];

using folder = makeTemporaryFolder('load');
// Without the cache every message is scanned, as it would be in the world where no two are the same.
await using clamd = await startClamd({ DisableCache: 'yes' });
const port = clamd.tcp.kind === 'tcp' ? clamd.tcp.port : 0;
const antivirus = createClamdAntivirus({ servers: [clamd.tcp], largestMessageBytes: 1, now: () => performance.now() });
const messages = await makeMessages(folder.path);
const sides: Readonly<Record<'clamd alone' | 'our client', ScanOne>> = {
  'clamd alone': rawScan(port),
  'our client': adapterScan(antivirus),
};

// A first round of each for the caches of everybody.
await measure(messages, AT_ONCE, sides['clamd alone']);
await measure(messages, AT_ONCE, sides['our client']);
const alone: Throughput[] = [];
const ours: Throughput[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  // In turns, and each first in turn: whatever else the machine does meets both.
  const turns = round % 2 === 0 ? (['clamd alone', 'our client'] as const) : (['our client', 'clamd alone'] as const);
  for (const side of turns) (side === 'our client' ? ours : alone).push(await measure(messages, AT_ONCE, sides[side]));
}
const ratio = median(alone.map(({ ms }, round) => ms / (ours[round]?.ms ?? Number.POSITIVE_INFINITY)));
say('clamd alone', alone);
say('our client', ours);
const wrong = [...alone, ...ours].reduce((sum, one) => sum + one.wrong, 0);
process.stdout.write(
  `ratio, median of ${ROUNDS} rounds: ${(100 * ratio).toFixed(1)} % (target ${100 * TARGET} %), wrong answers: ${wrong}\n`,
);
for (const { content } of messages) await content.discard();
if (ratio < TARGET || wrong > 0) process.exitCode = 1;

/** The middle one: a round that something else disturbed does not count. */
function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** Octets for each millisecond over all rounds. */
function speed(rounds: readonly Throughput[]): number {
  return rounds.reduce((sum, one) => sum + one.octets, 0) / rounds.reduce((sum, one) => sum + one.ms, 0);
}

function say(name: string, rounds: readonly Throughput[]): void {
  const count = rounds.reduce((sum, one) => sum + one.messages, 0);
  const seconds = rounds.reduce((sum, one) => sum + one.ms, 0) / 1000;
  const mib = (1000 * speed(rounds)) / (KIB * KIB);
  const each = rounds.map((one) => Math.round(one.ms)).join(' ');
  process.stdout.write(`${name}: ${(count / seconds).toFixed(0)} messages/s, ${mib.toFixed(1)} MiB/s (rounds in ms: ${each})\n`);
}

/** Text that does not repeat, spooled as mx spools it: small ones in memory, large ones in a file. */
async function makeMessages(directory: string): Promise<readonly LoadMessage[]> {
  const sizes = MIX.flatMap(([count, sizeBytes]) => Array.from({ length: count }, () => sizeBytes));
  const made: LoadMessage[] = [];
  for (const sizeBytes of sizes) {
    const content = await spool(directory, sizeBytes);
    made.push({ content, frames: await frame(content) });
  }
  // Large and small ones mixed, the same way for both sides.
  return made.toSorted((one, other) => one.content.sha256.localeCompare(other.content.sha256));
}

async function spool(directory: string, sizeBytes: number): Promise<Content> {
  const text = randomBytes(Math.ceil((sizeBytes * 3) / 4))
    .toString('base64')
    .replaceAll(/.{76}/gu, '$&\r\n');
  const spooling = createSpool({ directory });
  await spooling.write(Buffer.from(`From: <a@one.test>\r\nSubject: load\r\nMIME-Version: 1.0\r\n\r\n${text}\r\n`));
  return await spooling.finish();
}
