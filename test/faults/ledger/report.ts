import type { Comparison } from './compare.ts';

/** One line of the table that a test prints at its end. */
export interface ReportLine {
  readonly what: string;
  readonly comparison: Comparison;
}

/** A table for people: what was done, how many were accepted, what came twice and why. */
export function formatReport(title: string, lines: readonly ReportLine[]): string {
  const width = Math.max(...lines.map((line) => line.what.length), 4);
  const rows = lines.map(({ what, comparison }) => {
    const causes = [...comparison.explained].map(([cause, count]) => `${count} twice: ${cause}`).join('; ');
    const { length } = comparison.problems;
    return `${what.padEnd(width)}  ${String(comparison.acceptedRecipients).padStart(6)} accepted  ${length} wrong  ${causes}`.trimEnd();
  });
  return [title, ...rows].join('\n');
}
