import { createHash, type Hash } from 'node:crypto';
import { giveWay } from '@vratny/waiting';
import type { BodyHasher } from 'mailauth/lib/dkim/dkim-verifier.js';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const OUT_BYTES = 64 * 1024;
/** Line ends that are written before yielding: a body may have millions of empty lines before its last word. */
const LINE_ENDS_PER_TURN = 64 * 1024;

/** The body hashes of the signatures of a message. The body is read once for each canonicalization. */
export interface BodyHashes {
  /** A part of the body, which must not change until the promise resolves. */
  update(chunk: Buffer): Promise<void>;
  /** The hash for `canonicalization:algorithm:length`, as mailauth asks for it. */
  readonly hashers: ReadonlyMap<string, BodyHasher>;
}

/**
 * Body hashes of RFC 6376 §3.4.3 and §3.4.4. They replace mailauth's, whose `relaxed` reads a line again with each
 * chunk of it and so takes quadratic time for a body of one line. Linear; needs 64 KiB for each canonicalization.
 */
export function createBodyHashes(keys: Iterable<string>): BodyHashes {
  const bodies = new Map<string, Body>();
  const hashers = new Map<string, BodyHasher>();
  for (const key of keys) {
    const [canonicalization = 'simple', algorithm = 'sha256', length = ''] = key.split(':');
    const body = bodies.get(canonicalization) ?? createBody(canonicalization === 'relaxed');
    bodies.set(canonicalization, body);
    hashers.set(key, body.hasher(algorithm, length === '' ? Number.POSITIVE_INFINITY : Number(length)));
  }
  return {
    hashers,
    async update(chunk) {
      for (const body of bodies.values()) await body.update(chunk);
    },
  };
}

interface Sink {
  readonly hash: Hash;
  readonly maxBytes: number;
  hashedBytes: number;
}

interface Body {
  update(chunk: Buffer): Promise<void>;
  hasher(algorithm: string, maxBytes: number): BodyHasher;
}

/**
 * One canonicalization. Line ends are held back until something follows them: those at the end of the body become one
 * or none.
 */
function createBody(relaxed: boolean): Body {
  const out = createOutput();
  const canonicalizer = createCanonicalizer(relaxed, out);
  let seenBytes = 0;
  const source = { end: () => canonicalizer.end(), seenBytes: () => seenBytes };
  return {
    update(chunk) {
      seenBytes += chunk.length;
      return canonicalizer.update(chunk);
    },
    hasher: (algorithm, maxBytes) => hasherOf(out, out.sink(algorithm, maxBytes), source),
  };
}

interface Canonicalizer {
  update(chunk: Buffer): Promise<void>;
  end(): void;
}

/** Writes line ends and yields in between; returns how many are left. */
async function writeLineEnds(out: Output, count: number): Promise<number> {
  let left = count;
  for (; left > LINE_ENDS_PER_TURN; left -= LINE_ENDS_PER_TURN) {
    for (let i = 0; i < LINE_ENDS_PER_TURN; i += 1) out.lineEnd();
    await giveWay();
  }
  return left;
}

function createCanonicalizer(relaxed: boolean, out: Output): Canonicalizer {
  let cr = false;
  let white = false;
  let lineEnds = 0;
  let ended = false;

  const isWhite = (octet: number): boolean => relaxed && (octet === SPACE || octet === TAB);
  const isContent = (octet: number): boolean => octet !== LF && (cr || !(octet === CR || isWhite(octet)));
  /** Writes what was held back. */
  function settle(): void {
    for (; lineEnds > 0; lineEnds -= 1) out.lineEnd();
    if (white) out.put(SPACE);
    white = false;
  }
  function contentIs(octet: number): void {
    settle();
    out.put(octet);
  }
  function take(octet: number): void {
    if (octet === LF) {
      cr = false;
      white = false;
      lineEnds += 1;
      return;
    }
    if (cr) contentIs(CR);
    cr = octet === CR;
    if (cr) return;
    if (isWhite(octet)) white = true;
    else contentIs(octet);
  }
  return {
    async update(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const octet = chunk[at] ?? 0;
        if (lineEnds > LINE_ENDS_PER_TURN && isContent(octet)) lineEnds = await writeLineEnds(out, lineEnds);
        // Most of a body consists of words.
        const end = cr ? at : wordEnd(chunk, at);
        if (end > at) {
          settle();
          out.append(chunk, at, end);
          at = end;
        } else {
          take(octet);
          at += 1;
        }
      }
    },
    end() {
      if (ended) return;
      ended = true;
      if (cr) contentIs(CR);
      // An empty body is nothing when relaxed, and a line end when simple.
      if (!relaxed || out.sizeBytes > 0) out.lineEnd();
      out.flush();
    },
  };
}

/** The end of the run of octets above the space that begins at `at`. */
function wordEnd(chunk: Buffer, at: number): number {
  let end = at;
  while (end < chunk.length && (chunk[end] ?? 0) > SPACE) end += 1;
  return end;
}

function hasherOf(out: Output, sink: Sink, body: { end(): void; seenBytes(): number }): BodyHasher {
  return {
    get byteLength() {
      return body.seenBytes();
    },
    get canonicalizedLength() {
      return out.sizeBytes;
    },
    get bodyHashedBytes() {
      return sink.hashedBytes;
    },
    digest(encoding) {
      body.end();
      return sink.hash.digest(encoding);
    },
    // Where the MIME structure begins is told of signatures with `l=` alone, and nobody here asks.
    getMimeStructureStart: () => -1,
  };
}

interface Output {
  put(octet: number): void;
  append(source: Buffer, from: number, to: number): void;
  lineEnd(): void;
  flush(): void;
  sink(algorithm: string, maxBytes: number): Sink;
  readonly sizeBytes: number;
}

function createOutput(): Output {
  const sinks: Sink[] = [];
  const block = Buffer.allocUnsafeSlow(OUT_BYTES);
  let used = 0;
  let sizeBytes = 0;
  const output: Output = {
    put(octet) {
      if (used === OUT_BYTES) output.flush();
      block[used] = octet;
      used += 1;
      sizeBytes += 1;
    },
    append(source, from, to) {
      for (let at = from; at < to; ) {
        if (used === OUT_BYTES) output.flush();
        const taken = Math.min(to - at, OUT_BYTES - used);
        if (taken === 1) block[used] = source[at] ?? 0;
        else source.copy(block, used, at, at + taken);
        used += taken;
        sizeBytes += taken;
        at += taken;
      }
    },
    lineEnd() {
      output.put(CR);
      output.put(LF);
    },
    flush() {
      for (const sink of sinks) {
        const taken = Math.min(used, sink.maxBytes - sink.hashedBytes);
        if (taken > 0) sink.hash.update(block.subarray(0, taken));
        sink.hashedBytes += Math.max(0, taken);
      }
      used = 0;
    },
    sink(algorithm, maxBytes) {
      const sink = { hash: createHash(algorithm), maxBytes, hashedBytes: 0 };
      sinks.push(sink);
      return sink;
    },
    get sizeBytes() {
      return sizeBytes;
    },
  };
  return output;
}
