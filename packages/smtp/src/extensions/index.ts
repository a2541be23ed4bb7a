import { chunking } from './chunking.ts';
import { eightBitMime } from './eight-bit-mime.ts';
import { enhancedStatusCodes } from './enhanced-status-codes.ts';
import type { Extension } from './extension.ts';
import { pipelining } from './pipelining.ts';
import { prdr } from './prdr.ts';
import { size } from './size.ts';
import { smtpLimits } from './smtp-limits.ts';
import { smtpUtf8 } from './smtp-utf8.ts';
import { startTls } from './start-tls.ts';

/** Every extension we speak, in the order of EHLO's lines. DSN is not among them: we could not issue the reports it obliges us to. */
export const EXTENSIONS: readonly Extension[] = [
  size,
  pipelining,
  chunking,
  smtpLimits,
  eightBitMime,
  enhancedStatusCodes,
  prdr,
  smtpUtf8,
  startTls,
];
