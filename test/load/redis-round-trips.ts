import { countRoundTrips } from './count-round-trips.ts';

/** `node test/load/redis-round-trips.ts [MESSAGES]`: how often mx asks Redis for each message. Exits with 1 above DESIGN's bounds. */
const [messages = 200] = process.argv.slice(2).map(Number);
const MOST = { d10: 2, b20: 3 } as const;

const write = (...cells: readonly (string | number)[]) => {
  const [host = '', what = '', ...numbers] = cells.map(String);
  process.stdout.write(`${host.padEnd(6)}${what.padEnd(34)}${numbers.map((cell) => cell.padStart(12)).join('')}\n`);
};

write('host', 'message', 'messages', 'commands', 'each', 'at most');
for (const { host, what, messages: sent, commands } of await countRoundTrips(messages)) {
  const each = commands / sent;
  write(host, what, sent, commands, each.toFixed(2), MOST[host]);
  if (each > MOST[host]) process.exitCode = 1;
}
