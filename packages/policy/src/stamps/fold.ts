/** RFC 5322 §2.1.1 asks for at most 78 characters a line, without CRLF. */
const LINE_MAX = 78;

/** A word beyond this is broken: no line passes 998 octets (RFC 5322 §2.1.1). */
const PIECES = /.{1,900}/gsu;

/**
 * A header field as lines that end in CRLF, folded before white space (RFC 5322 §2.2.3). Line ends and control characters inside the text become
 * spaces first: what strangers wrote into it makes no field of its own. What is not ASCII becomes `?` (RFC 5322 §2.2).
 */
export function foldField(text: string): string {
  const words = text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/gu, ' ')
    .replace(/[^\u0020-\u007e]/gu, '?')
    .split(/ +/u)
    .flatMap((word) => word.match(PIECES) ?? []);
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > LINE_MAX) {
      lines.push(line);
      line = `\t${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return `${[...lines, line].join('\r\n')}\r\n`;
}
