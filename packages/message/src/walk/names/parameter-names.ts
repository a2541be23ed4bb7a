import type { OddityKind } from '../oddity.ts';
import { decodeEncodedWords, percentOctets } from './field-readings.ts';
import { decodeCharset } from './octets-to-text.ts';
import type { Parameter } from './parameters.ts';

/** The readings of one key (`name`, `filename` or `boundary`) of one field. */
export interface Readings {
  /** The likeliest first; may repeat. */
  readonly texts: readonly string[];
  readonly oddities: readonly OddityKind[];
}

/** Everything that readers make of the parameters with one key. */
export function readValues(parameters: readonly Parameter[]): Readings {
  const plain = parameters.filter((one) => one.section === undefined && !one.extended);
  const single = parameters.filter((one) => one.section === undefined && one.extended);
  const sections = parameters.filter((one) => one.section !== undefined);
  const texts = [
    ...single.flatMap((one) => [one.value, ...one.others].flatMap(extendedReadings)),
    ...(sections.length > 0 ? sectionReadings(sections) : []),
    ...plain.flatMap((one) => plainReadings(one)),
    ...single.flatMap((one) => plainReadings(one)),
  ];
  const oddities: OddityKind[] = [];
  if (differ(plain) || differ(single)) oddities.push('duplicate-parameter');
  if (parameters.some((one) => one.unterminated)) oddities.push('unterminated-parameter');
  if (!isSequence(sections) || sections.some((one) => !one.proper)) oddities.push('broken-continuation');
  return { texts, oddities };
}

function plainReadings(parameter: Parameter): readonly string[] {
  return [parameter.value, ...parameter.others].flatMap((text) => [...decodeEncodedWords(text)].reverse().concat(text));
}

function differ(parameters: readonly Parameter[]): boolean {
  return new Set(parameters.map((one) => one.value)).size > 1;
}

// RFC 2231 §4: charset, language, text.
const EXTENDED = /^([^']{0,64})'[^']{0,64}'(.*)$/su;

function extendedReadings(value: string): readonly string[] {
  const match = EXTENDED.exec(value);
  const charset = match?.[1] ?? '';
  const text = match?.[2] ?? value;
  return [decodeCharset(percentOctets(text), charset === '' ? 'utf-8' : charset), text];
}

/** RFC 2231 §3: sections count from 0, without gaps, in any order. */
function isSequence(sections: readonly Parameter[]): boolean {
  return (
    new Set(sections.map((one) => one.section)).size === sections.length && sections.every((one) => (one.section ?? 0) < sections.length)
  );
}

/**
 * Sections put together: sorted and as they stand, all and up to the first gap, each number once (first and last one) and all of them;
 * percent signs decoded where the section says so, everywhere, and nowhere.
 */
function sectionReadings(sections: readonly Parameter[]): readonly string[] {
  const sorted = sections.toSorted((a, b) => (a.section ?? 0) - (b.section ?? 0));
  const orders = [sorted];
  if (!isSequence(sections)) {
    orders.push(
      sorted.filter((one, i) => one.section !== sorted[i - 1]?.section),
      sorted.filter((one, i) => one.section !== sorted[i + 1]?.section),
      upToGap(sorted.filter((one, i) => one.section !== sorted[i - 1]?.section)),
    );
  }
  if (sections.some((one, i) => one !== sorted[i])) orders.push([...sections]);
  if (sections.some((one) => !one.proper)) orders.push(sorted.filter((one) => one.proper));
  const variants = Math.min(VARIANTS_MAX, Math.max(...sections.map((one) => one.others.length)));
  return orders.flatMap((order) => Array.from({ length: variants + 1 }, (_, k) => joinedReadings(order, k)).flat());
}

/** Readings of a section that are joined with those of the others: a value with quotes and escapes has at most 7. */
const VARIANTS_MAX = 8;

function upToGap(sorted: readonly Parameter[]): Parameter[] {
  const gap = sorted.findIndex((one, i) => one.section !== i);
  return gap === -1 ? [...sorted] : sorted.slice(0, gap);
}

/** `variant`: 0 for the value of each section, n for its n-th other reading. */
function joinedReadings(parameters: readonly Parameter[], variant: number): readonly string[] {
  const sections = parameters.map((one) => ({
    extended: one.extended,
    value: (variant === 0 ? undefined : one.others[variant - 1]) ?? one.value,
  }));
  const joined = sections.map((one) => one.value).join('');
  const charset = EXTENDED.exec(sections[0]?.value ?? '')?.[1] ?? '';
  const octets = sections.map((one, i) => {
    const text = i === 0 ? (EXTENDED.exec(one.value)?.[2] ?? one.value) : one.value;
    return one.extended ? percentOctets(text) : Buffer.from(text);
  });
  const label = charset === '' ? 'utf-8' : charset;
  const strict = decodeCharset(Buffer.concat(octets), label);
  const first = sections.slice(0, 1).map((one) => EXTENDED.exec(one.value)?.[2] ?? one.value);
  const everywhere = decodeCharset(percentOctets([...first, ...sections.slice(1).map((one) => one.value)].join('')), label);
  return [strict, everywhere, joined, ...decodeEncodedWords(joined)];
}
