import type { Evidence, Followed, WantedRecord } from '@vratny/domains';
import { RECORD_COLUMNS } from './dns-records.ts';
import { type Column, formatTable } from './print.ts';
import { clean, type Terminal } from './terminal.ts';

/** What is told of a domain's DNS. */
export interface DnsReport {
  readonly domain: string;
  readonly policy: string;
  readonly records: readonly WantedRecord[];
  readonly followed: Followed;
}

/** The report as people read it: how it stands and what to do first, then what must be set, then what everybody says. */
export function formatReport({ domain, policy, records, followed }: DnsReport, now: Date, colours: Terminal['colours']): string {
  const { state, since, sentence, nextStep, evidence, lookedAt, until } = followed;
  const title = `${domain}, policy ${policy}: ${state} since ${minute(since)}`;
  const passedMs = now.getTime() - lookedAt.getTime();
  const head = [
    colours ? `\u001b[1m${clean(title)}\u001b[0m` : clean(title),
    clean(sentence),
    ...(until !== undefined && until > now ? [`Old answers are gone in ${duration((until.getTime() - now.getTime()) / 1000)}.`] : []),
    `Do this: ${clean(nextStep)}`,
  ];
  const said = evidence.length === 0 ? 'nobody could be asked\n' : formatTable(evidence, columnsAt(passedMs / 1000), colours);
  return `${head.join('\n')}\n\nDNS must say:\n${formatTable(records, RECORD_COLUMNS, colours)}\nDNS says:\n${said}`;
}

/** The columns, so many seconds after the look: what a resolver keeps runs out meanwhile. */
function columnsAt(passedSeconds: number): readonly Column<Evidence>[] {
  return [
    { heading: 'asked', cell: ({ source }) => source },
    { heading: 'name', cell: ({ who, address }) => (address === undefined ? who : `${who} ${address}`) },
    { heading: 'is', cell: ({ verdict }) => verdict ?? '-' },
    { heading: 'kept for', cell: (row) => keptFor(row, passedSeconds), right: true },
    { heading: 'says', cell: ({ says }) => says },
  ];
}

function keptFor({ source, ttlSeconds }: Evidence, passedSeconds: number): string {
  if (ttlSeconds === undefined) return '';
  return duration(source === 'resolver' ? Math.max(0, ttlSeconds - passedSeconds) : ttlSeconds);
}

/** `45 s`, `4:05 min`, `1:00:00 h`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (count: number) => String(count).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours > 0) return `${hours}:${two(minutes)}:${two(rest)} h`;
  return minutes > 0 ? `${minutes}:${two(rest)} min` : `${rest} s`;
}

function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The report for programs. */
export function reportForPrograms({ domain, policy, records, followed }: DnsReport): unknown {
  const { memory: _memory, ...told } = followed;
  return { domain, policy, records, ...told };
}
