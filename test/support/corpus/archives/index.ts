import type { CorpusCase } from '../case.ts';
import { DISK_CASES } from './disks.ts';
import { DOCUMENT_CASES } from './documents.ts';
import { HIDDEN_CASES } from './hidden.ts';
import { KIND_CASES } from './kinds.ts';
import { MADE_CASES } from './made.ts';
import { UNPACKER_CASES } from './unpackers.ts';

/** Messages with archives that carry a forbidden file or hide what they carry: none of them may reach a mailbox. */
export const ARCHIVE_CASES: readonly CorpusCase[] = [
  ...KIND_CASES,
  ...MADE_CASES,
  ...HIDDEN_CASES,
  ...UNPACKER_CASES,
  ...DOCUMENT_CASES,
  ...DISK_CASES,
];
