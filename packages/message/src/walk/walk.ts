import type { ByteSink } from './byte-sink.ts';
import type { DecodeStep, PartEncoding } from './message-tree.ts';
import type { PartRecord, Recorder, WalkLimits } from './recorder.ts';

/** What all readers of one walk share. */
export interface Walk {
  readonly recorder: Recorder;
  readonly limits: WalkLimits;
  /** Counts decoded octets; false when there were too many: what follows is not looked at. */
  spend(decodedBytes: number): boolean;
  /** Counts octets of fields that are read; false when there were too many. */
  readonly spendFields: (octets: number) => boolean;
  /** Reads a whole MIME entity (header and body) that came out of a decoder. Given from outside, since entities hold readers and readers entities. */
  readEntity(inside: Inside): ByteSink;
  /** The same, with a decoder in front. */
  decodeEntity(inside: Inside, encoding: PartEncoding): ByteSink;
  /** Decodes the body of a part and looks into it. Given from outside too: what is read may hold files whose content is read in turn. */
  readContent(inside: Inside, encoding: PartEncoding): ByteSink;
}

/** Where decoded octets come from. */
export interface Inside {
  readonly part: PartRecord;
  /** From the Content to these octets. */
  readonly chain: readonly DecodeStep[];
  /** Set for the decoded body of a multipart that has a transfer encoding: there is no header. */
  readonly shadow?: Shadow;
  /** The octets are the header of a message that came back, and perhaps the message. */
  readonly quoted?: boolean;
}

/** A multipart as a reader sees it that decodes the whole body first. */
export interface Shadow {
  readonly boundaries: readonly string[];
  /** Delimiters of the multipart that only appeared when it was decoded, and those that stood there anyway. */
  delimiters: number;
}

/** Passes octets on while the walk may decode more. */
export function createMeter(walk: Walk, part: PartRecord, to: ByteSink): ByteSink {
  let open = true;
  return {
    push(bytes) {
      if (!open) return;
      open = walk.spend(bytes.length);
      if (open) to.push(bytes);
      else walk.recorder.note('limit', part);
    },
    end: () => to.end(),
  };
}
