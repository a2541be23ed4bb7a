import type { ArchiveReport } from './port.ts';

/**
 * The names that lead to a member, outermost first, without the part's own and without implied ones on the way:
 * `['scan.tar.gz', 'run.exe']`. A member that is not there has an empty path.
 */
export function memberPath(report: Pick<ArchiveReport, 'members'>, index: number): readonly string[] {
  const path: string[] = [];
  for (let at: number | undefined = index, first = true; at !== undefined; first = false) {
    const member: ArchiveReport['members'][number] | undefined = report.members[at];
    if (member === undefined) break;
    if (first || !member.implied) path.unshift(member.name);
    at = member.parent;
  }
  return path;
}
