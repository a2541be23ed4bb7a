import { countRoundTrips, MOST_BEFORE } from './count-round-trips.ts';

/**
 * `node test/load/redis-round-trips.ts [MESSAGES]`: how often mx asks Redis for each message, before its last reply to the sender and after it.
 * Exits with 1 above the bounds.
 */
const [messages = 200] = process.argv.slice(2).map(Number);

const write = (...cells: readonly (string | number)[]) => {
  const [host = '', what = '', ...numbers] = cells.map(String);
  process.stdout.write(`${host.padEnd(6)}${what.padEnd(34)}${numbers.map((cell) => cell.padStart(14)).join('')}\n`);
};

write('', '', '', 'commands', 'trips before', 'the reply', '', 'trips after');
write('host', 'message', 'messages', 'each', 'each', 'most', 'at most', 'each');
for (const { host, what, recipients, messages: sent, commands, before, mostBefore, after } of await countRoundTrips(messages)) {
  const each = (total: number) => (total / sent).toFixed(2);
  const bound = recipients === 1 ? MOST_BEFORE[host] : undefined;
  write(host, what, sent, each(commands), each(before), mostBefore, bound ?? '-', each(after));
  if (bound !== undefined && mostBefore > bound) process.exitCode = 1;
}
