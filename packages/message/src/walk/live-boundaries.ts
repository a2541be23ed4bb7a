/** What a line that begins with two dashes is. */
export interface Delimiter<Owner> {
  readonly owner: Owner;
  /** `--boundary--` */
  readonly closing: boolean;
  /** As it stands in the line. */
  readonly boundary: string;
  /** The line goes on behind the boundary: RFC 2046 §5.1.1 compares its beginning only, most readers the whole line. */
  readonly suffixed: boolean;
}

/** The boundaries of all open multiparts. A line may be the delimiter of any of them, not only of the innermost. */
export interface LiveBoundaries<Owner> {
  /** False when some are those of another owner already. */
  add(boundaries: readonly string[], owner: Owner): boolean;
  remove(boundaries: readonly string[], owner: Owner): void;
  /** Whether the text is a delimiter, not a closing one, of a multipart that is over. */
  isPast(text: string): boolean;
  /** Cheap: false when no boundary begins with this octet (the third of the line). */
  mayBegin(octet: number): boolean;
  /** `text`: the line behind its two dashes, as Latin-1, without trailing white space. */
  find(text: string): Delimiter<Owner> | undefined;
}

/** Creates an empty set. */
export function createLiveBoundaries<Owner>(): LiveBoundaries<Owner> {
  const owners = new Map<string, Owner[]>();
  const beginnings = new Uint16Array(256);
  /** Boundaries of multiparts that are over. */
  const past = new Set<string>();
  let lengths: readonly number[] = [];
  const innermost = (boundary: string): Owner | undefined => owners.get(boundary)?.at(-1);
  function relength(): void {
    lengths = [...new Set([...owners.keys()].map((one) => one.length))].sort((a, b) => b - a);
  }
  function count(boundary: string, by: number): void {
    const octet = boundary.charCodeAt(0) & 0xff;
    beginnings[octet] = (beginnings[octet] ?? 0) + by;
  }
  return {
    add(boundaries, owner) {
      let unique = true;
      for (const boundary of boundaries) {
        if (past.delete(boundary)) count(boundary, -1);
        const list = owners.get(boundary);
        if (list === undefined) owners.set(boundary, [owner]);
        else {
          list.push(owner);
          unique = false;
        }
        count(boundary, 1);
      }
      relength();
      return unique;
    },
    remove(boundaries, owner) {
      for (const boundary of boundaries) {
        const list = owners.get(boundary) ?? [];
        const at = list.lastIndexOf(owner);
        if (at === -1) continue;
        list.splice(at, 1);
        if (list.length > 0) count(boundary, -1);
        else {
          owners.delete(boundary);
          // It stays counted.
          past.add(boundary);
        }
      }
      if (boundaries.length > 0) relength();
    },
    mayBegin: (octet) => (beginnings[octet] ?? 0) > 0,
    isPast: (text) => past.has(text),
    find(text) {
      const whole = findWhole(text, innermost);
      // A server that adds a footer leaves the end of an inner multipart behind: it is a line of the body.
      if (whole !== undefined || past.has(text) || (text.endsWith('--') && past.has(text.slice(0, -2).trimEnd()))) return whole;
      for (const length of lengths) {
        if (length >= text.length) continue;
        const owner = innermost(text.slice(0, length));
        if (owner !== undefined) return { owner, boundary: text.slice(0, length), closing: text.startsWith('--', length), suffixed: true };
      }
      return undefined;
    },
  };
}

/** The line is a delimiter and nothing else. */
function findWhole<Owner>(text: string, ownerOf: (boundary: string) => Owner | undefined): Delimiter<Owner> | undefined {
  const open = ownerOf(text);
  if (open !== undefined) return { owner: open, boundary: text, closing: false, suffixed: false };
  const boundary = text.endsWith('--') ? text.slice(0, -2).trimEnd() : undefined;
  const closed = boundary === undefined ? undefined : ownerOf(boundary);
  return closed === undefined || boundary === undefined ? undefined : { owner: closed, boundary, closing: true, suffixed: false };
}
