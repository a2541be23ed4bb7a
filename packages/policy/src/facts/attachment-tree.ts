import { forbiddenExtension } from '@vratny/message';
import type { Attachments, InspectedPart } from './attachments.ts';

/** One name in a message, or a part without any. */
export interface AttachmentRow {
  /** Depth: parts in parts, members in archives. */
  readonly depth: number;
  /** The name; undefined for a part that has none. */
  readonly name: string | undefined;
  /** Media type of a part, kinds of archive. */
  readonly what: string;
  /** `locked`: forbidden or not, it needs a password; the site's settings decide. */
  readonly outcome: 'fine' | 'forbidden' | 'locked' | 'unreadable';
  /** The extension, or what is wrong. */
  readonly detail: string;
}

/** The tree of parts and members with the verdict for each name, top down. */
export function attachmentTree({ looked }: Pick<Attachments, 'looked'>): readonly AttachmentRow[] {
  return looked.flatMap((one) => [...partRows(one), ...memberRows(one)]);
}

function partRows({ part, report }: InspectedPart): readonly AttachmentRow[] {
  const what = [part.form === 'entity' ? part.mediaType : part.form, ...(report?.kinds ?? [])].join(' ');
  const problems = report?.problems.filter((one) => one.member === undefined).map((one) => one.problem) ?? [];
  const names = part.names.length === 0 ? [undefined] : part.names;
  return names.map((name) => ({ depth: part.depth, name, what, ...outcomeOf(name, report?.locked === true, problems) }));
}

function memberRows({ part, report }: InspectedPart): readonly AttachmentRow[] {
  if (report === undefined) return [];
  const problemsOf = new Map<number, string[]>();
  for (const { member, problem } of report.problems) {
    if (member !== undefined) problemsOf.set(member, [...(problemsOf.get(member) ?? []), problem]);
  }
  const depths: number[] = [];
  return report.members.map((member, index) => {
    const depth = (member.parent === undefined ? part.depth : (depths[member.parent] ?? part.depth)) + 1;
    depths.push(depth);
    const what = member.directory ? 'folder' : member.kinds.join(' ');
    const judged = member.directory ? undefined : member.name;
    return { depth, name: member.name, what, ...outcomeOf(judged, member.encrypted || member.locked, problemsOf.get(index) ?? []) };
  });
}

function outcomeOf(name: string | undefined, locked: boolean, problems: readonly string[]): Pick<AttachmentRow, 'outcome' | 'detail'> {
  const extension = name === undefined ? undefined : forbiddenExtension(name);
  if (locked) return { outcome: 'locked', detail: ['needs a password', ...(extension === undefined ? [] : [extension])].join(', ') };
  if (extension !== undefined) return { outcome: 'forbidden', detail: extension };
  if (problems.length > 0) return { outcome: 'unreadable', detail: problems.join(', ') };
  return { outcome: 'fine', detail: '' };
}
