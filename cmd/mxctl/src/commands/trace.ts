import { loadSite, openHistory, StartProblem } from '@vratny/adapters';
import { type History, type HistoryCount, type HistoryEntry, type HistoryQuery, PAGE_MAX, parseReceipt } from '@vratny/journal/history';
import { type Command, Option } from 'commander';
import { countArgument, domainArgument, pastArgument } from '../arguments.ts';
import { AnswerIsNo } from '../exit-codes.ts';
import { type Column, printDone, printList } from '../print.ts';
import { complain, type Terminal } from '../terminal.ts';
import { tellStory } from '../trace-story.ts';
import { examples, type GlobalOptions, globalOptions } from './group.ts';

const DAY_MS = 86_400_000;
const COLUMNS: readonly Column<HistoryEntry>[] = [
  { heading: 'when', cell: ({ at }) => at.toISOString() },
  { heading: 'verdict', cell: ({ verdict }) => verdict },
  { heading: 'check', cell: ({ check }) => check },
  { heading: 'from', cell: ({ sender }) => sender || '<>' },
  { heading: 'to', cell: ({ recipient }) => recipient },
  { heading: 'client', cell: ({ client }) => client },
  { heading: 'receipt', cell: ({ id }) => id },
];
const COUNTS: readonly Column<HistoryCount>[] = [
  { heading: 'day', cell: ({ day }) => day },
  { heading: 'domain', cell: ({ domain }) => domain },
  { heading: 'verdict', cell: ({ verdict }) => verdict },
  { heading: 'check', cell: ({ check }) => check },
  { heading: 'recipients', cell: ({ count }) => String(count), right: true },
];
const CSV = ['at', 'verdict', 'check', 'sender', 'recipient', 'client', 'helo', 'host', 'sizeBytes', 'reply', 'id'] as const;

const COUNTS_CSV = ['day', 'domain', 'verdict', 'check', 'count'] as const;

interface TraceOptions {
  readonly domain?: string;
  readonly to?: string;
  readonly from?: string;
  readonly client?: string;
  readonly check?: string;
  readonly verdict?: HistoryEntry['verdict'];
  readonly contains?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly limit?: number;
  readonly after?: string;
  readonly counts?: true;
  readonly csv?: true;
}

/** `mxctl trace` */
export function addTrace(program: Command, terminal: Terminal): void {
  const group = program
    .command('trace')
    .summary('why mail was refused, delayed or delivered')
    .description('Tells the story of a receipt, the id at the end of a reply; or lists what was decided, the latest first.')
    .argument('[id]', 'a receipt, or the address of its page')
    .option('--domain <name>', 'of the recipient', domainArgument)
    .option('--to <address>', 'the recipient; * at the end stands for any text')
    .option('--from <address>', 'the sender, <> for bounces; * at the end stands for any text')
    .option('--client <ip>', 'the client; * at the end stands for any text')
    .option('--check <name>', 'the check that decided')
    .addOption(new Option('--verdict <verdict>', 'what was said').choices(['refused', 'delayed', 'delivered']))
    .option('--contains <text>', 'a part of sender, recipient or reply, within one day')
    .option('--since <time>', 'from then on, such as 2d, 6h or 2026-11-27', pastArgument(terminal.now))
    .option('--until <time>', 'until then', pastArgument(terminal.now))
    .option('--limit <count>', 'how many at most: 50 entries or 500 counts unless told', countArgument(1, PAGE_MAX))
    .option('--after <place>', 'go on where a list ended')
    .option('--counts', 'numbers by day, domain, verdict and check instead of the entries')
    .option('--csv', 'print CSV for spreadsheets')
    .addHelpText(
      'after',
      examples(
        'trace 1ngjaa4sxaxadts8gmmrjw5mw9gqac2fs',
        'trace --domain example.org --since 6h',
        'trace --from "*" --check spf --verdict refused --csv',
        'trace --domain example.org --counts --since 30d',
        'trace forget somebody@example.org',
      ),
    )
    .action(async (id: string | undefined, options: TraceOptions, command: Command) =>
      withHistory(globalOptions(command), { readOnly: true }, (history, style) =>
        id === undefined ? list(terminal, style, history, options) : tell(terminal, style, history, id),
      ),
    );
  group
    .command('forget')
    .summary('remove the entries of a person')
    .description('Removes every entry that has the address as sender or recipient. Numbers stay: they name nobody.')
    .argument('<address>', 'the address', (written: string) => written.toLowerCase())
    .addHelpText('after', examples('trace forget somebody@example.org'))
    .action(async (address: string, _options: unknown, command: Command) =>
      withHistory(globalOptions(command), { readOnly: false }, async (history, style) => {
        const removed = await history.forget(address);
        const entries = removed === 1 ? '1 entry' : `${removed} entries`;
        printDone(terminal, style, { sentence: `${entries} of ${address} removed`, value: { address, removed } });
      }),
    );
}

async function withHistory(
  options: GlobalOptions,
  how: { readonly readOnly: boolean },
  work: (history: History, style: GlobalOptions) => Promise<void>,
): Promise<void> {
  const { history: settings } = await loadSite(options.config);
  if (settings === undefined) {
    throw new StartProblem(`${options.config}: no history is kept; write for example  history: { url: "sqlite:./history" }`);
  }
  const history = await openHistory(settings, how);
  try {
    await work(history, options);
  } finally {
    await history.close();
  }
}

async function tell(terminal: Terminal, style: GlobalOptions, history: History, written: string): Promise<void> {
  const receipt = parseReceipt(written.slice(written.lastIndexOf('/') + 1).replace(/[()]/gu, ''));
  if (receipt === undefined) throw new StartProblem(`${written} is no receipt: it has 33 letters and digits`, 64);
  const entries = await history.find(receipt.id);
  if (entries.length === 0) {
    complain(
      terminal,
      `nothing is known of ${receipt.id}, made ${receipt.madeAt.toISOString()}: it was not kept, is too old, or is of another site`,
    );
    throw new AnswerIsNo();
  }
  if (style.json) terminal.out(`${JSON.stringify(entries.map(asJson), null, 2)}\n`);
  else terminal.out(tellStory(entries, terminal.colours));
}

async function list(terminal: Terminal, style: GlobalOptions, history: History, options: TraceOptions): Promise<void> {
  const { since, until, query } = queryOf(options, terminal.now());
  if (options.counts) {
    const days = { from: since.toISOString().slice(0, 10), to: new Date(until.getTime() - 1).toISOString().slice(0, 10) };
    const { counts, more } = await history.counts({ ...countedOf(options), ...days, limit: options.limit ?? PAGE_MAX }).catch(asUsage);
    if (options.csv) terminal.out(toCsv(counts, COUNTS_CSV));
    else printList(terminal, style, { rows: counts, columns: COUNTS, empty: 'nothing was counted' });
    if (more) terminal.err('there is more: name a domain, a check, a verdict or fewer days\n');
    return;
  }
  const page = await history.search(query).catch(asUsage);
  if (options.csv) terminal.out(toCsv(page.entries, CSV));
  else if (style.json) printList(terminal, style, { rows: page.entries.map(asJson), columns: [], empty: '' });
  else printList(terminal, style, { rows: page.entries, columns: COLUMNS, empty: 'nothing was found' });
  // Beside what is printed, so that lists can go to other programs.
  if (page.next !== undefined) terminal.err(`there is more: add --after ${page.next}\n`);
}

/** What counts can be chosen by: they know no address. */
function countedOf({ domain, check, verdict, to, from, client, contains, after }: TraceOptions): Partial<HistoryCount> {
  const others = Object.entries({ to, from, client, contains, after }).find(([, value]) => value !== undefined);
  if (others !== undefined) throw new StartProblem(`counts are by domain, check and verdict: --${others[0]} does not go with --counts`, 64);
  const given = Object.entries({ domain, check, verdict }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** A search that is not answered is one that was asked for wrongly. */
function asUsage(error: unknown): never {
  throw error instanceof RangeError ? new StartProblem(error.message, 64, { cause: error }) : error;
}

function queryOf(options: TraceOptions, now: Date): { readonly since: Date; readonly until: Date; readonly query: HistoryQuery } {
  const { domain, to, from, client, check, verdict, contains, limit = 50, after } = options;
  const until = options.until ?? new Date(now.getTime() + 1);
  const today = new Date(until.getTime() - 1).toISOString().slice(0, 10);
  const since = options.since ?? (contains === undefined ? new Date(until.getTime() - 2 * DAY_MS) : new Date(today));
  const parts = {
    domain,
    recipient: to?.toLowerCase(),
    sender: from === '<>' ? '' : from?.toLowerCase(),
    client,
    check,
    verdict,
    contains,
    after,
  };
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return { since, until, query: { ...given, since, until, limit } };
}

/** An entry for programs: its story is an object like the rest. */
function asJson({ story, ...entry }: HistoryEntry): unknown {
  return story === undefined ? entry : { ...entry, story: JSON.parse(story) as unknown };
}

function toCsv<T extends object>(rows: readonly T[], columns: readonly (keyof T & string)[]): string {
  const quote = (text: string) => (/[",\r\n]|^[=+\-@\t]/u.test(text) ? `"${defuse(text).replaceAll('"', '""')}"` : text);
  // RFC 4180.
  const cell = (value: unknown) => {
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const lines = rows.map((row) => columns.map((name) => quote(cell(row[name]))).join(','));
  return [columns.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/** A stranger's text must not be a formula in a spreadsheet. */
function defuse(text: string): string {
  return /^[=+\-@\t]/u.test(text) ? `'${text}` : text;
}
