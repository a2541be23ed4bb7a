/** Prints what ten thousand messages of one client cost in DNS: `node test/load/dns-queries.ts [MESSAGES]`. */
import { countQueries, totalOf } from '@vratny/support/count-queries';

const messages = Number(process.argv[2] ?? 10_000);
const marks = [1, 10, 100, 1000, messages].filter((mark, index, all) => mark <= messages && all.indexOf(mark) === index);
const startedAt = performance.now();
const counts = await countQueries(marks);
const seconds = (performance.now() - startedAt) / 1000;

const say = (line: string) => process.stdout.write(`${line}\n`);
const last = counts.at(-1);
say('messages  DNS queries so far  per message');
for (const count of counts) {
  const total = totalOf(count);
  say(`${String(count.messages).padStart(8)}  ${String(total).padStart(18)}  ${(total / count.messages).toFixed(4).padStart(11)}`);
}
say('');
say('times asked  question');
for (const [question, times] of [...(last?.queries ?? [])].toSorted((a, b) => b[1] - a[1]))
  say(`${String(times).padStart(11)}  ${question}`);
say('');
say(`${seconds.toFixed(1)} s; records are kept for their TTL of 300 s, and each list is tested every 30 minutes`);
