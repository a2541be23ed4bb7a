import { mustBe, type Reading, read } from './reading.ts';

/** A number of milliseconds. */
export type Milliseconds = number;

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1e3],
  ['m', 60e3],
  ['h', 3_600e3],
  ['d', 86_400e3],
]);

/** Reads `250ms`, `90s`, `5m`, `24h` or `7d`. A bare number is refused: nobody knows of what. */
export function parseDuration(written: unknown): Reading<Milliseconds> {
  const [, digits, unit] = /^(\d{1,12}) ?([a-z]{1,2})$/u.exec(typeof written === 'string' ? written : '') ?? [];
  const factor = UNITS.get(unit ?? '');
  if (digits === undefined || factor === undefined) return mustBe('a duration such as 250ms, 90s, 5m, 24h or 7d', written);
  return read(Number(digits) * factor);
}

/** The shortest exact way to write a duration: `5m`, `1500ms`. */
export function formatDuration(ms: Milliseconds): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const factor = UNITS.get(unit) ?? 1;
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}
