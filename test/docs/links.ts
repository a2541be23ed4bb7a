import { posix } from 'node:path';

/** A relative link of a document that leads nowhere. */
export interface BrokenLink {
  readonly line: number;
  readonly target: string;
  readonly why: string;
}

/** Does a file or folder exist, and if it is a document, what is in it. Paths are relative to the repository's root. */
export interface Shelf {
  exists(path: string): boolean;
  /** The text of a document, undefined for everything else. */
  read(path: string): string | undefined;
}

// `[text](target)`, `[text](target "title")`, `[text]: target` at the beginning of a line.
const INLINE = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/gu;
const REFERENCE = /^\s*\[[^\]]+\]:\s+<?([^\s>]+)>?/gu;
const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/iu;
const FENCE = /^\s*(?:```|~~~)/u;

/** The relative links of a document that lead to no file, or to no heading of it. Code is not looked at: links in it are text. */
export function findBrokenLinks(path: string, text: string, shelf: Shelf): readonly BrokenLink[] {
  return proseLines(text).flatMap(({ line, prose }) =>
    [...prose.matchAll(INLINE), ...prose.matchAll(REFERENCE)]
      .map((match) => match[1] ?? '')
      .filter((target) => !ELSEWHERE.test(target))
      .flatMap((target) => {
        const why = explainTarget(path, target, shelf, text);
        return why === undefined ? [] : [{ line, target, why }];
      }),
  );
}

function explainTarget(from: string, target: string, shelf: Shelf, ownText: string): string | undefined {
  const [rawPath = '', anchor] = target.split('#', 2);
  if (rawPath.startsWith('/')) return 'is absolute: write it relative to the document';
  const path = rawPath === '' ? from : posix.normalize(posix.join(posix.dirname(from), decodeURIComponent(rawPath)));
  if (path.startsWith('..')) return 'leads out of the repository';
  if (!shelf.exists(path)) return `${path} does not exist`;
  const text = rawPath === '' ? ownText : shelf.read(path);
  if (anchor === undefined || text === undefined) return undefined;
  return anchorsOf(text).has(anchor.toLowerCase()) ? undefined : `${path} has no heading #${anchor}`;
}

/** The anchors that GitHub and GitLab make of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const { prose } of proseLines(text, false)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/u.exec(prose)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/gu, '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The lines outside fenced code, numbered from 1; code spans are blanked unless they are wanted. */
function proseLines(text: string, blankSpans = true): readonly { readonly line: number; readonly prose: string }[] {
  let fenced = false;
  return text.split('\n').flatMap((written, index) => {
    const fence = FENCE.test(written);
    if (fence) fenced = !fenced;
    if (fence || fenced) return [];
    return [{ line: index + 1, prose: blankSpans ? written.replaceAll(/`[^`]*`/gu, '') : written }];
  });
}

// Put together from pieces, so that this file does not break the rule of the architecture test.
const MACHINE_PATHS: readonly RegExp[] = [
  new RegExp(`(?<![\\w.])/${'work'}(?![\\w-])`, 'u'),
  new RegExp(`\\.${'library'}\\b`, 'u'),
  /(?<![\w.])\/(?:home|root|Users)\/[\w.-]+/u,
  /(?<![\w.])\/tmp\/[\w.-]+/u,
  /[A-Z]:\\Users\\/u,
];

/** Lines that name a path of the machine the document was written on, as `12: text`. Code counts: a pasted terminal is where they come from. */
export function findMachinePaths(text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) => (MACHINE_PATHS.some((path) => path.test(line)) ? [`${index + 1}: ${line.trim()}`] : []));
}
