/**
 * The octets of a word or quoted string: `\DDD` is the octet with that number, `\x` is x itself (RFC 1035 §5.1), everything else is its
 * UTF-8. Undefined when a number is above 255 or a backslash stands last.
 */
export function readOctets(text: string): Buffer | undefined {
  const parts: Buffer[] = [];
  for (const [piece, number, escaped] of text.matchAll(/\\(\d{3})|\\([^\d])|[^\\]+|\\/gu)) {
    if (number !== undefined) {
      if (Number(number) > 255) return undefined;
      parts.push(Buffer.from([Number(number)]));
    } else if (escaped === undefined && piece === '\\') {
      return undefined;
    } else {
      parts.push(Buffer.from(escaped ?? piece));
    }
  }
  return Buffer.concat(parts);
}
