import { spawnSync } from 'node:child_process';
import { arch, cpus, release } from 'node:os';
import type { Cost } from './costs.ts';
import { type Effort, type Measured, perProcessorSecond } from './measure.ts';
import type { Row } from './rows.ts';

/** A row and what came of it. */
export interface Result {
  readonly row: Row;
  readonly measured: readonly Measured[];
}

interface Figures {
  readonly title: string;
  readonly perSecond: number;
  /** Messages a second until all were delivered: of a queue, what it keeps up for long. */
  readonly deliveredPerSecond: number;
  /** Half the distance between the fastest and the slowest round, as a share of the median. */
  readonly spread: number;
  readonly perProcessorSecond: number;
  /** Processor time of the clients and the sinks, as a part of that and the server's. */
  readonly harnessShare: number;
  readonly residentBytes: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** The first server is ours. */
function figuresOf({ measured }: Result): readonly Figures[] {
  return measured.map(({ peer, samples, residentBytes }) => {
    const rates = samples.map(({ messages, ms }) => (1_000 * messages) / ms);
    const perSecond = median(rates);
    const latencies = (key: 'p50Ms' | 'p99Ms') => samples.flatMap((sample) => sample[key] ?? []);
    return {
      title: peer.title,
      perSecond,
      deliveredPerSecond: median(samples.map(({ messages, deliveredMs }) => (1_000 * messages) / deliveredMs)),
      spread: (Math.max(...rates) - Math.min(...rates)) / 2 / perSecond,
      perProcessorSecond: median(samples.map(perProcessorSecond)),
      harnessShare: median(samples.map((one) => one.harnessSeconds / (one.harnessSeconds + one.processorSeconds))),
      residentBytes,
      p50Ms: optionalMedian(latencies('p50Ms')),
      p99Ms: optionalMedian(latencies('p99Ms')),
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

const optionalMedian = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : median(values));

/** A row as a table in Markdown; ratios are ours divided by theirs. */
export function renderTable(result: Result): string {
  const figures = figuresOf(result);
  const ours = figures.filter(isOurs).at(0);
  const times = figures.some(({ p50Ms }) => p50Ms !== undefined);
  const head = [
    'server',
    'messages/s',
    'spread',
    'ours to it',
    'delivered/s',
    'ours to it',
    'a processor second',
    'ours to it',
    'clients and sinks',
    'memory',
    ...(times ? ['p50', 'p99'] : []),
  ];
  const lines = figures.map((one) => [
    one.title,
    String(Math.round(one.perSecond)),
    `± ${Math.round(100 * one.spread)} %`,
    ratio(ours?.perSecond, one, one.perSecond),
    String(Math.round(one.deliveredPerSecond)),
    ratio(ours?.deliveredPerSecond, one, one.deliveredPerSecond),
    String(Math.round(one.perProcessorSecond)),
    ratio(ours?.perProcessorSecond, one, one.perProcessorSecond),
    `${Math.round(100 * one.harnessShare)} %`,
    `${Math.round(one.residentBytes / 1024 / 1024)} MiB`,
    ...(times ? [milliseconds(one.p50Ms), milliseconds(one.p99Ms)] : []),
  ]);
  return [head, head.map((_one, at) => (at === 0 ? '---' : '--:')), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** All rows in one table: how many times as much ours does as the two servers that most sites have. */
function renderSummary(results: readonly Result[]): string {
  const rows = results.flatMap((result) => {
    const figures = figuresOf(result);
    const ours = figures.find(isOurs);
    const [postfix, haraka] = [/^Postfix .*: queue, then/u, /^Haraka .*: forward/u].map((name) =>
      figures.find(({ title }) => name.test(title)),
    );
    if (ours === undefined || (postfix === undefined && haraka === undefined)) return [];
    const times = (theirs: Figures | undefined, key: 'perSecond' | 'deliveredPerSecond' | 'perProcessorSecond') =>
      theirs === undefined ? '' : `${(ours[key] / theirs[key]).toFixed(2)}`;
    return [
      [
        result.row.title,
        String(Math.round(ours.perSecond)),
        times(postfix, 'perSecond'),
        times(postfix, 'deliveredPerSecond'),
        times(postfix, 'perProcessorSecond'),
        times(haraka, 'perSecond'),
        times(haraka, 'perProcessorSecond'),
      ],
    ];
  });
  const head = ['work', 'Vratny, messages/s', 'Postfix: rate', 'delivered', 'processor', 'Haraka: rate', 'processor'];
  return [head, head.map((_one, at) => (at === 0 ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const isOurs = ({ title }: Figures): boolean => title.startsWith('Vratny');

function ratio(ours: number | undefined, one: Figures, theirs: number): string {
  return ours === undefined || isOurs(one) ? '' : `${(ours / theirs).toFixed(2)}`;
}

const milliseconds = (ms: number | undefined): string => (ms === undefined ? '' : `${ms.toFixed(1)} ms`);

/** `docs/PERFORMANCE.md`. */
export function renderReport(results: readonly Result[], costs: readonly Cost[], { rounds, seconds, warmUp }: Effort): string {
  const peers = new Map(results.flatMap(({ row }) => row.peers.map((peer) => [peer.title, peer.configuration] as const)));
  const [processor] = cpus();
  return [
    '# Performance',
    '<!-- Written by `npm run bench`; change test/load/peers/report.ts, not this page. -->',
    'What a host does beside other mail servers, on the same work, in turn, on one machine. `npm run bench` measures all of it again and writes this page; `npm run bench -- --quick` measures three rows in under three minutes and writes nothing.',
    'How many times as much Vratny does as Postfix, which queues and then delivers, and Haraka, which forwards in the session (above 1: Vratny does more):',
    renderSummary(results),
    '![messages per second](performance.svg)',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${processor?.model ?? 'processor'}, Linux ${release()}, ${arch()}, Node ${process.version},` +
      ` commit ${commit()}. Up to ${warmUp} messages of warm-up (15 s at most), then ${rounds} rounds of some ${seconds} s for each server, in turn; medians.`,
    [
      '- All servers, their clients and the sinks share the machine. Messages/s is what the clients saw: until the 250 (or the refusal). Delivered/s counts until the last message is delivered, which a queue does after its 250: that is what it keeps up for long.',
      '- "A processor second" is messages for each second of processor time of the server, until all are delivered. It is steadier than a rate.',
      '- "Ours to it" is our figure divided by that server\'s. Memory counts pages that processes share once.',
      '- "Clients and sinks" is their part of the processor time that was used: they cost a message of each server about the same, so that rates lie nearer to each other than the servers are.',
      '- Servers with a queue acknowledge a message when it is on their disk and deliver it afterwards; Vratny, Haraka forwarding and the proxy filter acknowledge it when the next server has it.',
      "- Clients wait for each reply before the next command. Plain rows are sent by Postfix's smtp-source, rows with TLS or many senders by [our clients](../test/load/peers/clients.ts), 50 sessions unless the row says otherwise; messages go to Postfix's smtp-sink.",
      "- Vratny does on policy a what the others do not: MX of the sender's domain, SPF, DKIM, ARC and DMARC, a ledger against duplicates.",
    ].join('\n'),
    ...results.flatMap((result) => [`## ${capitalised(result.row.title)}`, renderTable(result)]),
    ...(costs.length === 0
      ? []
      : ['## Costs', ['| what | cost |', '| --- | --: |', ...costs.map(({ what, figure }) => `| ${what} | ${figure} |`)].join('\n')]),
    '## Configurations',
    ...[...peers].map(([title, configuration]) => `**${title}**\n\n\`\`\`\n${configuration.trim()}\n\`\`\``),
    '',
  ].join('\n\n');
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function commit(): string {
  const run = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname });
  return run.status === 0 ? run.stdout.trim() : 'unknown';
}

const BAR = { height: 16, gap: 4, left: 330, width: 420, rowGap: 34 };

/** Bars of messages per second, a group for each row, each group to its own scale. */
export function drawChart(results: readonly Result[]): string {
  let y = 10;
  const parts: string[] = [];
  for (const result of results) {
    const figures = figuresOf(result);
    const most = Math.max(...figures.map(({ perSecond }) => perSecond));
    parts.push(`<text x="10" y="${y + 12}" font-weight="bold">${escaped(result.row.title)}</text>`);
    y += 22;
    for (const one of figures) {
      const width = Math.max(1, Math.round((BAR.width * one.perSecond) / most));
      parts.push(`<text x="${BAR.left - 8}" y="${y + 12}" text-anchor="end">${escaped(one.title)}</text>`);
      parts.push(`<rect x="${BAR.left}" y="${y}" width="${width}" height="${BAR.height}" fill="${isOurs(one) ? '#2563eb' : '#9ca3af'}"/>`);
      parts.push(`<text x="${BAR.left + width + 6}" y="${y + 12}">${Math.round(one.perSecond)}</text>`);
      y += BAR.height + BAR.gap;
    }
    y += BAR.rowGap - 20;
  }
  const size = `width="${BAR.left + BAR.width + 80}" height="${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12"><rect ${size} fill="white"/>\n${parts.join('\n')}\n</svg>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
