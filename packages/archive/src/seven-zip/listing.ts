/** One member as `7z l -slt` shows it. */
export interface ListedMember {
  /** Empty for formats that store no name. */
  readonly path: string;
  readonly directory: boolean;
  readonly encrypted: boolean;
  readonly sizeBytes: number | undefined;
  readonly method: string;
}

/** A whole listing. */
export interface Listing {
  readonly members: readonly ListedMember[];
  /** What it opened the archive as, the outermost first. */
  readonly types: readonly string[];
  /** It said that the archive is damaged or cut off. */
  readonly damaged: boolean;
}

const FIRST = '----------';
const DAMAGE =
  /^(ERRORS?:|Errors: |Open Errors: |Can ?not open|Is not archive|Headers Error|Unexpected end|Unavailable|CRC Error|Data Error)/u;

/** Reads the lines that `7z l -slt` printed. */
export function readListing(lines: readonly string[]): Listing {
  const from = lines.indexOf(FIRST);
  const members: ListedMember[] = [];
  let block = new Map<string, string>();
  const close = () => {
    if (block.size > 0) members.push(toMember(block));
    block = new Map();
  };
  for (const line of from === -1 ? [] : lines.slice(from + 1)) {
    const at = line.indexOf(' = ');
    // A value may be empty, and is printed without its space then.
    const key = at === -1 ? /^([A-Z][A-Za-z0-9 ]*) =$/u.exec(line)?.[1] : line.slice(0, at);
    if (line === '') close();
    else if (key !== undefined && !block.has(key)) block.set(key, at === -1 ? '' : line.slice(at + 3));
  }
  close();
  const types = lines.slice(0, Math.max(0, from)).flatMap((line) => /^Type = (.+)$/u.exec(line)?.[1] ?? []);
  return { members, types, damaged: lines.some((line) => DAMAGE.test(line)) };
}

function toMember(block: ReadonlyMap<string, string>): ListedMember {
  const size = block.get('Size');
  return {
    path: block.get('Path') ?? '',
    // Of xar it says so in its own way.
    directory: block.get('Folder') === '+' || block.get('Attributes')?.startsWith('D') === true || block.get('Type') === 'directory',
    encrypted: block.get('Encrypted') === '+',
    sizeBytes: size === undefined || !/^\d+$/u.test(size) ? undefined : Number(size),
    method: block.get('Method') ?? '',
  };
}
