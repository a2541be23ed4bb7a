import { type ArchiveReport, type ArchiveSource, type Archives, memberPath } from '@vratny/archive';
import { type Content, createPartReader, forbiddenExtension, type MessagePart, mayHoldFiles } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';
import { createNameTurns, type NameTurns } from './name-turns.ts';

/** A file with a forbidden extension, and where it is: `invoice.zip/scan.tar.gz/run.exe`. */
export interface ForbiddenFile {
  readonly path: string;
  readonly extension: string;
  /** Its content, or even its name, needs a password. */
  readonly encrypted: boolean;
}

/** An archive that was not read to its end, and why. */
export interface UnreadableArchive {
  readonly path: string;
  readonly problem: string;
}

/** What an archive holds, judged by name. */
export interface Inside {
  readonly report: ArchiveReport;
  readonly forbidden: readonly ForbiddenFile[];
  readonly unreadable: readonly UnreadableArchive[];
  /** Something in it needs a password. */
  readonly encrypted: boolean;
}

/** A part, and one way to decode it. */
interface View {
  readonly part: MessagePart;
  readonly chain: MessagePart['chain'];
}

/** Looks into every part that may be an archive, as every reader would decode it. Rejects as `Archives` and `Content` do. */
export async function lookInside(
  content: Content,
  parts: readonly MessagePart[],
  archives: Pick<Archives, 'list'>,
  signal: Cancellation,
): Promise<ReadonlyMap<MessagePart, Inside>> {
  const views = parts.filter(mayHoldFiles).flatMap((part) => [part.chain, ...part.otherChains].map((chain): View => ({ part, chain })));
  const tooLarge = new Set<MessagePart>();
  const reports = await archives.list(sourcesOf(content, views, tooLarge), {}, signal);
  const turns = createNameTurns();
  const found = new Map<MessagePart, Inside>();
  for (const [index, { part }] of views.entries()) {
    await turns('');
    const report = reports[index];
    if (report === undefined) throw new Error('a part without a report');
    const inside = await judgeReport(part, report, turns);
    const whole = tooLarge.has(part) ? { ...inside, unreadable: [{ path: titleOf(part), problem: 'too-many-bytes' }] } : inside;
    found.set(part, joined(found.get(part), whole));
  }
  return found;
}

/** What an archive shows in a way of decoding that puts junk behind it, or takes its end away. */
const OF_DECODING: ReadonlySet<string> = new Set(['misnamed', 'error', 'no-entries']);

/** What several ways to decode a part show. Where one of them shows a whole archive, others that show none of that name hide nothing. */
function joined(first: Inside | undefined, second: Inside): Inside {
  if (first === undefined) return second;
  const whole = [first, second].some(({ report, unreadable }) => report.kinds.length > 0 && unreadable.length === 0);
  const unreadable = [...first.unreadable, ...second.unreadable];
  return {
    report: first.report.members.length > 0 ? first.report : second.report,
    forbidden: [...first.forbidden, ...second.forbidden],
    unreadable: whole ? unreadable.filter((one) => !OF_DECODING.has(one.problem)) : unreadable,
    encrypted: first.encrypted || second.encrypted,
  };
}

/** What a part is called where it has no name, too. */
export function titleOf(part: MessagePart): string {
  return part.names[0] ?? `part ${part.path}`;
}

/** An honest part has two, and a few readings of each. */
const NAMES_ASKED_MAX = 32;

/** Parts as the archive reader asks for them, one after the other. */
function* sourcesOf(content: Content, views: readonly View[], tooLarge: Set<MessagePart>): Generator<ArchiveSource> {
  const reader = createPartReader(content);
  for (const { part, chain } of views) {
    // An attached message is called after its subject.
    const [name, ...others] = part.mediaType.startsWith('message/') ? [] : part.names;
    yield { name, otherNames: telling(others), bytes: untilTooLarge(reader.open({ chain }), () => tooLarge.add(part)) };
  }
}

/** Further names that end differently: each may say what kind of file it is, or what unpackers call its content. */
function telling(others: readonly string[]): readonly string[] {
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
async function judgeReport(part: MessagePart, report: ArchiveReport, turns: NameTurns): Promise<Inside> {
  const title = titleOf(part);
  const pathOf = (index: number) => [title, ...memberPath(report, index)];
  const forbidden: ForbiddenFile[] = [];
  for (const [index, { directory, encrypted, name }] of report.members.entries()) {
    await turns(name);
    const extension = directory ? undefined : forbiddenExtension(name);
    if (extension !== undefined) forbidden.push({ path: pathOf(index).join('/'), extension, encrypted });
  }
  const problems = part.cut ? report.problems.filter((one) => !isOfCut(part, one)) : report.problems;
  const unreadable = problems.map(({ problem, member }) => ({
    path: (member === undefined ? [title] : pathOf(member)).join('/'),
    problem,
  }));
  const encrypted = report.locked || report.members.some((member) => member.encrypted || member.locked);
  return { report, forbidden, unreadable, encrypted };
}

/** Too little to be told from another file. */
const CUT_SHORT_BYTES = 1024;

/** What an archive shows because the end of a report cuts it off: it counts by the names that are there. */
function isOfCut({ body }: MessagePart, { problem }: ArchiveReport['problems'][number]): boolean {
  if (problem === 'misnamed') return body.end - body.start < CUT_SHORT_BYTES;
  return problem === 'error' || problem === 'no-entries' || problem === 'views-disagree';
}
