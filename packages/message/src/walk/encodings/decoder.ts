import type { ByteSink } from '../byte-sink.ts';
import type { PartEncoding } from '../message-tree.ts';
import { createBase64Decoder, createBase64LinesDecoder } from './base64.ts';
import { createBinhexDecoder } from './binhex.ts';
import { createCmsDecoder } from './cms.ts';
import { createQuotedPrintableDecoder } from './quoted-printable.ts';
import { createUuDecoder } from './uuencode.ts';
import { createYencDecoder } from './yenc.ts';

/** A sink that decodes and gives what comes out to `to`. Damaged input is decoded as far as it makes sense. */
export function createDecoder(encoding: PartEncoding, to: ByteSink): ByteSink {
  switch (encoding) {
    case 'identity':
      return to;
    case 'base64':
      return createBase64Decoder(to);
    case 'base64-padded':
      return createBase64Decoder(to, { endsAtPadding: true });
    case 'base64-strict':
      return createBase64Decoder(to, { endsAtPadding: true, endsAtJunk: true });
    case 'base64-lines':
      return createBase64LinesDecoder(to);
    case 'base64-url':
      return createBase64Decoder(to, { urlDigits: true });
    case 'quoted-printable':
      return createQuotedPrintableDecoder(to);
    case 'uuencode':
      return createUuDecoder(to);
    case 'yenc':
      return createYencDecoder(to);
    case 'binhex':
      return createBinhexDecoder(to);
    case 'cms':
      return createCmsDecoder(to);
  }
}
