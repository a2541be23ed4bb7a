import { type ArchiveReport, type ArchiveSource, type Archives, memberPath } from '@vratny/archive';
import { type Content, createPartReader, forbiddenExtension, type MessagePart } from '@vratny/message';
import type { ForbiddenFile, UnreadableArchive } from './attachments.ts';
import { createNameTurns, type NameTurns } from './name-turns.ts';

/** What an archive holds, judged by name. */
export interface Inside {
  readonly report: ArchiveReport;
  readonly forbidden: readonly ForbiddenFile[];
  readonly unreadable: readonly UnreadableArchive[];
  /** Something in it needs a password. */
  readonly encrypted: boolean;
}

/** Looks into every part that may be an archive. Rejects as `Archives` and `Content` do. */
export async function lookInside(
  content: Content,
  parts: readonly MessagePart[],
  archives: Pick<Archives, 'list'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<MessagePart, Inside>> {
  const asked = parts.filter(mayBeArchive);
  const tooLarge = new Set<MessagePart>();
  const reports = await archives.list(sourcesOf(content, asked, tooLarge), {}, signal);
  const turns = createNameTurns();
  const found = new Map<MessagePart, Inside>();
  for (const [index, part] of asked.entries()) {
    await turns('');
    const report = reports[index];
    if (report === undefined) throw new Error('a part without a report');
    const inside = await judgeReport(titleOf(part), report, turns);
    found.set(part, tooLarge.has(part) ? { ...inside, unreadable: [{ path: titleOf(part), problem: 'too-many-bytes' }] } : inside);
  }
  return found;
}

/** Text that a reader shows as the mail itself, and what only holds other parts, is no archive. */
function mayBeArchive(part: MessagePart): boolean {
  if (part.mediaType.startsWith('multipart/') || part.mediaType.startsWith('message/')) return false;
  const plain = /^text\/(?:plain|html)$/u.test(part.mediaType) && part.transferEncoding !== 'base64';
  return !(plain && part.names.length === 0);
}

/** What a part is called where it has no name, too. */
export function titleOf(part: MessagePart): string {
  return part.names[0] ?? `part ${part.path}`;
}

/** An honest part has two, and a few readings of each. */
const NAMES_ASKED_MAX = 32;

/** Parts as the archive reader asks for them, one after the other. */
function* sourcesOf(content: Content, parts: readonly MessagePart[], tooLarge: Set<MessagePart>): Generator<ArchiveSource> {
  const reader = createPartReader(content);
  for (const part of parts)
    yield { name: part.names[0], otherNames: telling(part.names), bytes: untilTooLarge(reader.open(part), () => tooLarge.add(part)) };
}

/** Further names that end differently: each may say what kind of file it is, or what unpackers call its content. */
function telling([, ...others]: readonly string[]): readonly string[] {
  return others.filter((name) => name.includes('.')).slice(0, NAMES_ASKED_MAX);
}

/** What is too large is cut off there, and known to be. */
async function* untilTooLarge(bytes: AsyncIterable<Buffer>, onTooLarge: () => void): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    onTooLarge();
  }
}

/** Judges the names of an archive, and lets other work of the process have its turn: there may be 100,000. */
async function judgeReport(title: string, report: ArchiveReport, turns: NameTurns): Promise<Inside> {
  const pathOf = (index: number) => [title, ...memberPath(report, index)];
  const forbidden: ForbiddenFile[] = [];
  for (const [index, { directory, encrypted, name }] of report.members.entries()) {
    await turns(name);
    const extension = directory ? undefined : forbiddenExtension(name);
    if (extension !== undefined) forbidden.push({ path: pathOf(index).join('/'), extension, encrypted });
  }
  const unreadable = report.problems.map(({ problem, member }) => ({
    path: (member === undefined ? [title] : pathOf(member)).join('/'),
    problem,
  }));
  const encrypted = report.locked || report.members.some((member) => member.encrypted || member.locked);
  return { report, forbidden, unreadable, encrypted };
}
