import { ArchiveFault, type ArchiveReport, type ArchiveSource, type Archives, memberPath } from '@vratny/archive';
import {
  type Content,
  collectNames,
  createPartReader,
  forbiddenExtension,
  type MessagePart,
  mayHoldFiles,
  SpoolFault,
} from '@vratny/message';
import { type Cancellation, giveWay } from '@vratny/waiting';
import { CRASHES_KEPT_MS, CRASHES_MAX, INSPECTED_MEMBERS_MAX, NAME_CHARS_PER_TURN, NAME_COST_CHARS, SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';

/** A part of the message that was inspected, with the result. */
export interface InspectedPart {
  readonly part: Pick<MessagePart, 'depth' | 'form' | 'mediaType' | 'names' | 'path'>;
  /** Undefined when it was not read as an archive. Its members may be cut. */
  readonly report: ArchiveReport | undefined;
}

/** The attachments, as two readers of mail and all unpackers would see them. */
export interface Attachments {
  /** In the order of the message. */
  readonly forbidden: readonly ForbiddenFile[];
  /**
   * Kinds of oddities of a message that readers may interpret differently and that has something like an attachment.
   */
  readonly ambiguous: readonly string[];
  readonly unreadable: readonly UnreadableArchive[];
  /** Archives with members behind a password. */
  readonly encrypted: readonly string[];
  /** Reading it has repeatedly ended the archive reader. */
  readonly crashes: boolean;
  /** The number of names that were judged. */
  readonly names: number;
  /** For explanations (`mxctl explain`): every part in the order of the message. No check uses it. */
  readonly looked: readonly InspectedPart[];
}

/** Every name of every attachment, inside archives too. Lazy: it reads the whole message twice. */
export const attachments = fact({
  name: 'attachments',
  stage: 'message',
  deadlineMs: SCAN_FACT_MS,
  lazy: true,
  alarm: true,
  needs: {},
  ports: ['archives', 'counters', 'clock'],
  async find({ content }, _needs, ports, signal): Promise<Attachments> {
    try {
      return await findAttachments(content, ports.archives, signal);
    } catch (error) {
      if (error instanceof ArchiveFault && (await countCrash(content, error, ports))) return CRASHES;
      if (error instanceof ArchiveFault || error instanceof SpoolFault) throw new FactFault(error.message);
      throw error;
    }
  },
  describe: ({ forbidden, ambiguous, unreadable, crashes, names }) =>
    [
      crashes ? 'the archive reader crashes' : `${names} names`,
      ...forbidden.map((file) => file.path),
      ...unreadable.map(({ path, problem }) => `${path}: ${problem}`),
      ...ambiguous,
    ].join(', '),
});

const CRASHES: Attachments = { forbidden: [], ambiguous: [], unreadable: [], encrypted: [], crashes: true, names: 0, looked: [] };

/**
 * Counts a crash of the archive reader. One gives a delay; {@link CRASHES_MAX} with the same message are caused by the
 * message.
 */
async function countCrash(content: Content, fault: ArchiveFault, { counters, clock }: Pick<Ports, 'counters' | 'clock'>): Promise<boolean> {
  if (fault.kind === 'machine' || fault.kind === 'busy' || fault.kind === 'closed') return false;
  try {
    return (await counters.hit(`archive-crash ${content.sha256}`, clock(), CRASHES_KEPT_MS)) >= CRASHES_MAX;
  } catch {
    // Shared state is unavailable: nothing is counted, and the message is delayed.
    return false;
  }
}

async function findAttachments(content: Content, archives: Pick<Archives, 'list'>, signal: Cancellation): Promise<Attachments> {
  const collected = await collectNames(content);
  const { parts } = collected.tree;
  const inside = await inspectParts(content, parts, archives, signal);
  const found = [...inside.values()];
  const odd = collected.ambiguous && collected.carriesAttachment ? [...new Set(collected.oddities.map((oddity) => oddity.kind))] : [];
  return {
    forbidden: [...(await forbiddenNames(collected.names)), ...found.flatMap((one) => one.forbidden)],
    ambiguous: odd,
    unreadable: found.flatMap((one) => one.unreadable),
    encrypted: [...inside].flatMap(([part, one]) => (one.encrypted ? [titleOf(part)] : [])),
    crashes: false,
    names: found.reduce((sum, one) => sum + one.report.members.length, collected.names.length),
    looked: keepInspected(parts, inside),
  };
}

/** Reports with as many members as are shown. */
function keepInspected(parts: readonly MessagePart[], inside: ReadonlyMap<MessagePart, Inside>): readonly InspectedPart[] {
  let room = INSPECTED_MEMBERS_MAX;
  return parts.map((part) => {
    const report = inside.get(part)?.report;
    if (report === undefined) return { part, report };
    const members = report.members.slice(0, room);
    room -= members.length;
    return { part, report: { ...report, members } };
  });
}

/** Forbidden names among the names of parts. */
async function forbiddenNames(names: readonly { readonly name: string }[]): Promise<readonly ForbiddenFile[]> {
  const turns = createNameTurns();
  const forbidden: ForbiddenFile[] = [];
  for (const { name } of names) {
    await turns(name);
    const extension = forbiddenExtension(name);
    if (extension !== undefined) forbidden.push({ path: name, extension, encrypted: false });
  }
  return forbidden;
}

/** A file with a forbidden extension, and where it is: `invoice.zip/scan.tar.gz/run.exe`. */
interface ForbiddenFile {
  readonly path: string;
  readonly extension: string;
  /** Its content or its name needs a password. */
  readonly encrypted: boolean;
}

/** An archive that could not be read to its end, and why. */
interface UnreadableArchive {
  readonly path: string;
  readonly problem: string;
}

/** The content of an archive, judged by names. */
interface Inside {
  readonly report: ArchiveReport;
  readonly forbidden: readonly ForbiddenFile[];
  readonly unreadable: readonly UnreadableArchive[];
  /** Something in it needs a password. */
  readonly encrypted: boolean;
}

/** A part with one way to decode it. */
interface View {
  readonly part: MessagePart;
  readonly chain: MessagePart['chain'];
}

/**
 * Reads every part that may be an archive, in every way in which it may be decoded. Rejects as `Archives` and `Content`
 * do.
 */
export async function inspectParts(
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

/** Problems that a wrong decoding causes, which appends octets to an archive or removes its end. */
const DECODING_PROBLEMS: ReadonlySet<string> = new Set(['misnamed', 'error', 'no-entries']);

/**
 * Joins the results of several ways to decode a part. When one of them gives a complete archive, problems of this kind
 * in the others are ignored.
 */
function joined(first: Inside | undefined, second: Inside): Inside {
  if (first === undefined) return second;
  const whole = [first, second].some(({ report, unreadable }) => report.kinds.length > 0 && unreadable.length === 0);
  const unreadable = [...first.unreadable, ...second.unreadable];
  return {
    report: first.report.members.length > 0 ? first.report : second.report,
    forbidden: [...first.forbidden, ...second.forbidden],
    unreadable: whole ? unreadable.filter((one) => !DECODING_PROBLEMS.has(one.problem)) : unreadable,
    encrypted: first.encrypted || second.encrypted,
  };
}

/** The name of a part, or its number. */
function titleOf(part: MessagePart): string {
  return part.names[0] ?? `part ${part.path}`;
}

/** Names of a part that are given to the archive reader. A usual part has two, with a few readings of each. */
const NAMES_ASKED_MAX = 32;

/** The parts as sources for the archive reader. */
function* sourcesOf(content: Content, views: readonly View[], tooLarge: Set<MessagePart>): Generator<ArchiveSource> {
  const reader = createPartReader(content);
  for (const { part, chain } of views) {
    // Mail programs name an attached message after its subject.
    const [name, ...others] = part.mediaType.startsWith('message/') ? [] : part.names;
    yield { name, otherNames: withExtensions(others), bytes: untilTooLarge(reader.open({ chain }), () => tooLarge.add(part)) };
  }
}

/** Further names with an extension: each may tell the kind of file, or the name of its content. */
function withExtensions(others: readonly string[]): readonly string[] {
  return others.filter((name) => name.includes('.')).slice(0, NAMES_ASKED_MAX);
}

/** Cuts the bytes at the bound, and reports it. */
async function* untilTooLarge(bytes: AsyncIterable<Buffer>, onTooLarge: () => void): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    onTooLarge();
  }
}

/** Judges the names of an archive, and yields to other work of the process in between: there may be 100,000 names. */
async function judgeReport(part: MessagePart, report: ArchiveReport, turns: NameTurns): Promise<Inside> {
  const title = titleOf(part);
  const pathOf = (index: number) => [title, ...memberPath(report, index)];
  const forbidden: ForbiddenFile[] = [];
  for (const [index, { directory, encrypted, name }] of report.members.entries()) {
    await turns(name);
    const extension = directory ? undefined : forbiddenExtension(name);
    if (extension !== undefined) forbidden.push({ path: pathOf(index).join('/'), extension, encrypted });
  }
  const problems = part.cut ? report.problems.filter((one) => !comesFromCut(part, one)) : report.problems;
  const unreadable = problems.map(({ problem, member }) => ({
    path: (member === undefined ? [title] : pathOf(member)).join('/'),
    problem,
  }));
  const encrypted = report.locked || report.members.some((member) => member.encrypted || member.locked);
  return { report, forbidden, unreadable, encrypted };
}

/** A part below this size cannot be recognised after a cut. */
const CUT_SHORT_BYTES = 1024;

/** Problems that are caused by the cut of a part; its names still count. */
function comesFromCut({ body }: MessagePart, { problem }: ArchiveReport['problems'][number]): boolean {
  if (problem === 'misnamed') return body.end - body.start < CUT_SHORT_BYTES;
  return problem === 'error' || problem === 'no-entries' || problem === 'views-disagree';
}

/** Called before each name is judged; yields to other work of the process after a certain amount of names. */
type NameTurns = (name: string) => Promise<void> | undefined;

/** Creates the counter. The cost of a name grows with its length. */
export function createNameTurns(turn: () => Promise<void> = giveWay): NameTurns {
  let chars = 0;
  return (name) => {
    chars += NAME_COST_CHARS + name.length;
    if (chars < NAME_CHARS_PER_TURN) return undefined;
    chars = 0;
    return turn();
  };
}
