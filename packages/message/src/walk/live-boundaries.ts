/** What a line that begins with two dashes is. */
export interface Delimiter<Owner> {
  readonly owner: Owner;
  /** `--boundary--` */
  readonly closing: boolean;
  /** The line goes on behind the boundary: RFC 2046 §5.1.1 compares its beginning only, most readers the whole line. */
  readonly suffixed: boolean;
}

/** The boundaries of all open multiparts. A line may be the delimiter of any of them, not only of the innermost. */
export interface LiveBoundaries<Owner> {
  /** False when some are those of another owner already. */
  add(boundaries: readonly string[], owner: Owner): boolean;
  remove(boundaries: readonly string[], owner: Owner): void;
  /** Cheap: false when no boundary begins with this octet (the third of the line). */
  mayBegin(octet: number): boolean;
  /** `text`: the line behind its two dashes, as Latin-1, without trailing white space. */
  find(text: string): Delimiter<Owner> | undefined;
}

/** Creates an empty set. */
export function createLiveBoundaries<Owner>(): LiveBoundaries<Owner> {
  const owners = new Map<string, Owner[]>();
  const beginnings = new Uint16Array(256);
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
        if (list.length === 0) owners.delete(boundary);
        count(boundary, -1);
      }
      if (boundaries.length > 0) relength();
    },
    mayBegin: (octet) => (beginnings[octet] ?? 0) > 0,
    find(text) {
      const open = innermost(text);
      if (open !== undefined) return { owner: open, closing: false, suffixed: false };
      const closed = text.endsWith('--') ? innermost(text.slice(0, -2).trimEnd()) : undefined;
      if (closed !== undefined) return { owner: closed, closing: true, suffixed: false };
      for (const length of lengths) {
        if (length >= text.length) continue;
        const owner = innermost(text.slice(0, length));
        if (owner !== undefined) return { owner, closing: text.startsWith('--', length), suffixed: true };
      }
      return undefined;
    },
  };
}
