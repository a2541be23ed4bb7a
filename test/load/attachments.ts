/** `node test/load/attachments.ts [WHAT]`: messages that are made to cost, through a real c10; prints a table. Needs clamd, 5 GB of disk and five minutes. */
import { startWorldHost } from '@vratny/support/world-host';
import { COSTLY, type Cost, measureCost } from './attachments-load.ts';

const MIB = 1024 * 1024;
const MB = 1_000_000;
const P99_MAX_MS = 100;
/** Room for the largest message, and for twenty of them. */
const LIMITS = { message: '110MiB', messagesInFlight: '3GiB' };

const [wanted = ''] = process.argv.slice(2);
const cell = (text: string | number, width: number) => String(text).padStart(width);
process.stdout.write(`${'message'.padEnd(22)}     MB  ms to reply   grown MB  readers MiB  p99 ms  replies  reply\n`);
for (const costly of COSTLY.filter((one) => one.what.includes(wanted))) {
  // Each begins with a fresh mx: what the one before left is not its growth.
  await using host = await startWorldHost({ host: 'c10', site: { extra: { limits: LIMITS } } });
  await measureCost(host.mx, { what: 'warm-up', make: () => Buffer.from('Subject: x\r\n\r\ny\r\n') });
  const cost = await measureCost(host.mx, costly);
  print(cost);
  if (!cost.reply.startsWith(costly.expected ?? '')) process.exitCode = 1;
  if (cost.p99Ms >= P99_MAX_MS || cost.grownBytes >= (costly.grownMaxBytes ?? Number.POSITIVE_INFINITY)) process.exitCode = 1;
}

function print({ what, sizeBytes, ms, grownBytes, readerBytes, p99Ms, replies, reply }: Cost): void {
  const figures = [
    cell((sizeBytes / MB).toFixed(1), 7),
    cell(Math.round(ms), 13),
    cell((grownBytes / MB).toFixed(1), 11),
    cell((readerBytes / MIB).toFixed(0), 13),
    cell(p99Ms.toFixed(1), 8),
    cell(replies, 9),
  ];
  process.stdout.write(`${what.padEnd(22)}${figures.join('')}  ${reply.slice(0, 110)}\n`);
}
