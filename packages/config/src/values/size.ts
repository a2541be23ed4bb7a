import { mustBe, quote, type Reading, read, wrong } from './reading.ts';

/** A number of octets. */
export type Octets = number;

// SI prefixes are powers of ten and IEC prefixes powers of two (ISO/IEC 80000-13), as they are written.
const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
]);

const EXPECTED = 'a size such as 100MiB, 20MB or a number of octets';

/** Reads `100MiB`, `20MB`, `1.5GiB` or plain octets. */
export function parseSize(written: unknown): Reading<Octets> {
  if (typeof written !== 'number' && typeof written !== 'string') return mustBe(EXPECTED, written);
  const [, digits, unit] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/u.exec(String(written)) ?? [];
  const factor = unit === '' ? 1 : UNITS.get(unit ?? '');
  if (digits === undefined || factor === undefined) return mustBe(EXPECTED, written);
  const octets = Number(digits) * factor;
  if (!Number.isSafeInteger(octets)) return wrong(`must come to a whole number of octets, not ${quote(written)}`);
  return read(octets);
}

/** The shortest exact way to write a number of octets: `100MiB`, `1500 B` as `1500`. */
export function formatSize(octets: Octets): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const factor = UNITS.get(unit) ?? 1;
    if (octets >= factor && octets % factor === 0) return `${octets / factor}${unit}`;
  }
  return String(octets);
}
