import { DECODED_MAX_BYTES, DECODINGS_MAX, DEPTH_MAX, FIELDS_READ_MAX_BYTES, PARTS_MAX } from '../limits.ts';

/** Bounds of one walk. What lies beyond is reported as `limit`. */
export interface WalkLimits {
  readonly maxParts: number;
  /** Parts inside each other. */
  readonly maxDepth: number;
  /** Transfer encodings around each other. */
  readonly maxDecodings: number;
  /** Octets that decoders may give, together. */
  readonly maxDecodedBytes: number;
  /** Octets of Content-* fields that are read, all together. */
  readonly maxFieldBytes: number;
}

/** The bounds of `limits.ts`. */
export const WALK_LIMITS: WalkLimits = {
  maxParts: PARTS_MAX,
  maxDepth: DEPTH_MAX,
  maxDecodings: DECODINGS_MAX,
  maxDecodedBytes: DECODED_MAX_BYTES,
  maxFieldBytes: FIELDS_READ_MAX_BYTES,
};
