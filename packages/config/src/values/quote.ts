import { QUOTED_MAX } from '../limits.ts';

/** What the file wrote, for a message: in quotes, cut, on one line. */
export function quote(value: unknown): string {
  const written = JSON.stringify(value) ?? String(value);
  return written.length > QUOTED_MAX ? `${written.slice(0, QUOTED_MAX)}…` : written;
}
