import { setInterval } from 'node:timers';
import { type SinkAddress, startLmtpSink } from './lmtp-sink-server.ts';

/**
 * `node test/load/lmtp-sink.ts [HOST:PORT | PATH]` (default 127.0.0.1:0): takes everything by LMTP and counts it. Prints `listening on ADDRESS`, each
 * second in which something came what came, and the sum at SIGTERM or SIGINT.
 */
const [where = '127.0.0.1:0'] = process.argv.slice(2);
const sink = await startLmtpSink(addressOf(where));
process.stdout.write(`listening on ${sink.port === undefined ? where : `${where.slice(0, where.lastIndexOf(':'))}:${sink.port}`}\n`);

let before = sink.counts();
const timer = setInterval(() => {
  const counts = sink.counts();
  if (counts.messages > before.messages) process.stdout.write(`${counts.messages - before.messages} messages/s\n`);
  before = counts;
}, 1_000);

async function end(): Promise<void> {
  clearInterval(timer);
  await sink[Symbol.asyncDispose]();
  process.stdout.write(`${JSON.stringify(sink.counts())}\n`);
}
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void end());

function addressOf(text: string): SinkAddress {
  const [, host, port] = /^([^/]+):(\d+)$/u.exec(text) ?? [];
  return host === undefined ? { path: text } : { host, port: Number(port) };
}
