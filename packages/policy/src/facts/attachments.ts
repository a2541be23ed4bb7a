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
import { CRASHES_KEPT_MS, CRASHES_MAX, LOOKED_MEMBERS_MAX, NAME_CHARS_PER_TURN, NAME_COST_CHARS, SCAN_FACT_MS } from '../limits.ts';
import { FactFault, fact } from '../model/fact.ts';
import type { Ports } from '../model/ports.ts';

/** A part of the message that was looked at, and what was found in it. */
export interface LookedPart {
  readonly part: Pick<MessagePart, 'depth' | 'form' | 'mediaType' | 'names' | 'path'>;
  /** Undefined when it was not looked into as an archive. Its members may be cut short. */
  readonly report: ArchiveReport | undefined;
}

/** What is attached, as two readers of mail and every unpacker would see it. */
export interface Attachments {
  /** In the order of the message. */
  readonly forbidden: readonly ForbiddenFile[];
  /** Readers may see different things in it, and it carries something like an attachment. The kinds of what is odd. */
  readonly ambiguous: readonly string[];
  readonly unreadable: readonly UnreadableArchive[];
  /** Archives with members behind a password. */
  readonly encrypted: readonly string[];
  /** Looking into it has ended the archive reader again and again. */
  readonly crashes: boolean;
  /** How many names were looked at. */
  readonly names: number;
  /** For people who ask why: every part, in the order of the message. Nothing is judged by it. */
  readonly looked: readonly LookedPart[];
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
      if (error instanceof ArchiveFault && (await crashesAgain(content, error, ports))) return CRASHES;
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

/** One crash is bad luck and the sender comes back; {@link CRASHES_MAX} with the same message are its doing. */
async function crashesAgain(
  content: Content,
  fault: ArchiveFault,
  { counters, clock }: Pick<Ports, 'counters' | 'clock'>,
): Promise<boolean> {
  if (fault.kind === 'busy' || fault.kind === 'closed') return false;
  try {
    return (await counters.hit(`archive-crash ${content.sha256}`, clock(), CRASHES_KEPT_MS)) >= CRASHES_MAX;
  } catch {
    // Shared state is away: nobody counts, and the message is delayed.
    return false;
  }
}

async function findAttachments(content: Content, archives: Pick<Archives, 'list'>, signal: Cancellation): Promise<Attachments> {
  const collected = await collectNames(content);
  const { parts } = collected.tree;
  const inside = await lookInside(content, parts, archives, signal);
  const found = [...inside.values()];
  const odd = collected.ambiguous && collected.carriesAttachment ? [...new Set(collected.oddities.map((oddity) => oddity.kind))] : [];
  return {
    forbidden: [...(await forbiddenNames(collected.names)), ...found.flatMap((one) => one.forbidden)],
    ambiguous: odd,
    unreadable: found.flatMap((one) => one.unreadable),
    encrypted: [...inside].flatMap(([part, one]) => (one.encrypted ? [titleOf(part)] : [])),
    crashes: false,
    names: found.reduce((sum, one) => sum + one.report.members.length, collected.names.length),
    looked: keepLooked(parts, inside),
  };
}

/** Reports with as many members as people are shown. */
function keepLooked(parts: readonly MessagePart[], inside: ReadonlyMap<MessagePart, Inside>): readonly LookedPart[] {
  let room = LOOKED_MEMBERS_MAX;
  return parts.map((part) => {
    const report = inside.get(part)?.report;
    if (report === undefined) return { part, report };
    const members = report.members.slice(0, room);
    room -= members.length;
    return { part, report: { ...report, members } };
  });
}

/** Names of parts, which lie in nothing. */
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
  /** Its content, or even its name, needs a password. */
  readonly encrypted: boolean;
}

/** An archive that was not read to its end, and why. */
interface UnreadableArchive {
  readonly path: string;
  readonly problem: string;
}

/** What an archive holds, judged by name. */
interface Inside {
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
function titleOf(part: MessagePart): string {
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

/** Called before each name is judged: lets other work of the process have its turn when enough was judged in this one. */
type NameTurns = (name: string) => Promise<void> | undefined;

/** Begins a turn. What a name costs grows with its length. */
export function createNameTurns(turn: () => Promise<void> = giveWay): NameTurns {
  let chars = 0;
  return (name) => {
    chars += NAME_COST_CHARS + name.length;
    if (chars < NAME_CHARS_PER_TURN) return undefined;
    chars = 0;
    return turn();
  };
}
