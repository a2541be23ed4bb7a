import { QUOTE_MAX } from './limits.ts';

/** A daemon's own words for one line of our log: printable US-ASCII, bounded, in quotation marks. */
export function quoteWords(bytes: Buffer | string): string {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
  const clear = text.slice(0, QUOTE_MAX).replaceAll(/[^\x20-\x7e]+/gu, '?');
  return `"${clear}${text.length > QUOTE_MAX ? '...' : ''}"`;
}
