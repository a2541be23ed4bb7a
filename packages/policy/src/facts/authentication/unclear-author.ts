/**
 * Whether a From field (its whole row, folded) can be read as mail of other authors than the one that a reader of ours finds: text with a second address that no
 * comma divides from the first, an address behind or beside one in brackets, white space within an address. Quoted strings and comments are no part of
 * an address; a display name that holds one before the brackets is a name. Linear, and never throws.
 */
export function isUnclearAuthor(row: string): boolean {
  const value = withoutQuotesAndComments(row.slice(row.indexOf(':') + 1));
  // A group's name stands before its colon; what it holds are mailboxes like others.
  return value.split(/[,;:]/u).some(isUnclearMailbox);
}

function isUnclearMailbox(text: string): boolean {
  const open = text.indexOf('<');
  if (open === -1) {
    const words = text.split(/\s+/u).filter((word) => word !== '');
    return words.length > 1 && words.some((word) => word.includes('@'));
  }
  const close = text.indexOf('>', open);
  const inside = text.slice(open + 1, close === -1 ? undefined : close).trim();
  const behind = close === -1 ? '' : text.slice(close + 1);
  return /\s/u.test(inside) || /[<@]/u.test(behind);
}

/** Each quoted string is a letter, as it would be in an address; comments nest. */
function withoutQuotesAndComments(text: string): string {
  let rest = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '\\') at += 1;
    else if (quoted) quoted = sign !== '"';
    else if (sign === '"' && depth === 0) {
      quoted = true;
      rest += 'q';
    } else if (sign === '(') depth += 1;
    else if (sign === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0) rest += sign;
  }
  return rest;
}
