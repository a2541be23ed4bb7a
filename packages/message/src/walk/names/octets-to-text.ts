import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { decodeOddCharset } from './odd-charsets.ts';

/** UTF-8, or Latin-1 where it is not valid UTF-8. */
export function decodeOctets(octets: Buffer): string {
  return octets.toString(isUtf8(octets) ? 'utf8' : 'latin1');
}

/** Decoders are costly to create; the labels that appear in mail are few. Charsets of an attacker must not fill the memory. */
const DECODERS_MAX = 64;
const decoders = new Map<string, TextDecoder | undefined>();

/** Octets in a charset by its name in mail; an unknown charset is read as {@link decodeOctets} does. */
export function decodeCharset(octets: Buffer, charset: string): string {
  const label = charset.trim().toLowerCase();
  const decoder = decoderOf(label);
  return decoder === undefined ? (decodeOddCharset(octets, label) ?? decodeOctets(octets)) : decoder.decode(octets);
}

function decoderOf(label: string): TextDecoder | undefined {
  if (decoders.has(label)) return decoders.get(label);
  if (decoders.size >= DECODERS_MAX) decoders.clear();
  const decoder = createDecoderOf(label);
  decoders.set(label, decoder);
  return decoder;
}

function createDecoderOf(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
