/** A function body found by its braces. */
export interface FunctionSpan {
  /** Line of its opening brace, from 1. */
  readonly line: number;
  /** Lines from the opening to the closing brace. */
  readonly lines: number;
}

/** A return type is shorter than this. */
const HEAD_MAX = 400;
/** `for await ` and its like. */
const KEYWORD_MAX = 20;
const CONTROL = /\b(if|for|while|switch|catch|with)\s*(await\s*)?$/u;
const OPENING: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };

/**
 * Function bodies of blanked code (see `blank.ts`): blocks after `=>`, or after a parameter list with or without a return type. An
 * approximation without a parser: it may take an object literal in a conditional for a body, which only matters above the limit.
 */
export function functionsOf(code: string): readonly FunctionSpan[] {
  const spans: FunctionSpan[] = [];
  const open: { readonly at: number; readonly line: number; readonly body: boolean }[] = [];
  let line = 1;
  for (let i = 0; i < code.length; i += 1) {
    if (code[i] === '\n') line += 1;
    if (code[i] === '{') open.push({ at: i, line, body: opensBody(code, i) });
    if (code[i] === '}') {
      const start = open.pop();
      if (start?.body) spans.push({ line: start.line, lines: line - start.line + 1 });
    }
  }
  return spans;
}

function opensBody(code: string, brace: number): boolean {
  const head = code.slice(Math.max(0, brace - HEAD_MAX), brace).trimEnd();
  if (head.endsWith('=>')) return true;
  const close = closingParenthesis(head);
  if (close === -1) return false;
  const between = head.slice(close + 1).trim();
  if (between !== '' && !between.startsWith(':')) return false;
  // The parameters may be longer than the window, so their beginning is looked for in the whole text.
  const start = groupStart(code, Math.max(0, brace - HEAD_MAX) + close);
  return !CONTROL.test(code.slice(Math.max(0, start - KEYWORD_MAX), Math.max(0, start)));
}

/** Index of the nearest `)` that no bracket after it encloses; -1 when a statement begins before that. */
function closingParenthesis(head: string): number {
  let i = head.length - 1;
  while (i >= 0) {
    const char = head[i] ?? '';
    if (char === ')') return i;
    if (char === ';' || char === '{' || char === '(') return -1;
    i = char === '}' || char === ']' ? groupStart(head, i) - 1 : i - 1;
  }
  return -1;
}

/** Index of the bracket that opens the group closed at `end`; -1 when there is none. */
function groupStart(text: string, end: number): number {
  const close = text[end] ?? '';
  const open = OPENING[close] ?? '';
  let depth = 0;
  for (let i = end; i >= 0; i -= 1) {
    if (text[i] === close) depth += 1;
    if (text[i] === open) depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
}
