/** RFC 5322 §2.1.1 asks for at most 78 characters a line, without CRLF. */
const LINE_MAX = 78;

/** A word beyond this is broken: no line passes 998 octets (RFC 5322 §2.1.1). */
const PIECE_MAX = 900;
const PIECES = new RegExp(`.{1,${PIECE_MAX}}`, 'gsu');

const PRINTABLE = /^[\u0020-\u007e]*$/u;

/**
 * A header field as lines that end in CRLF, folded before white space (RFC 5322 §2.2.3). Line ends and control
 * characters in the text become spaces first, so that it cannot begin another field. Non-ASCII characters become `?`
 * (RFC 5322 §2.2).
 */
export function foldField(text: string): string {
  const clean = PRINTABLE.test(text) ? text : text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, ' ').replace(/[^\u0020-\u007e]/gu, '?');
  let lines = '';
  let line = '';
  for (const word of wordsOf(clean)) {
    if (line !== '' && line.length + 1 + word.length > LINE_MAX) {
      lines += `${line}\r\n`;
      line = `\t${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return `${lines}${line}\r\n`;
}

function wordsOf(text: string): readonly string[] {
  const words = text.split(' ').filter((word) => word !== '');
  return words.some((word) => word.length > PIECE_MAX) ? words.flatMap((word) => word.match(PIECES) ?? []) : words;
}
