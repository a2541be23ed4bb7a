/**
 * Characters that may reach no stranger's log or terminal: C0, DEL, C1, line and paragraph separators, bidirectional controls, invisible
 * spaces. One expression for addresses and replies.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+/u;
const EVERY_UNSAFE = new RegExp(UNSAFE, 'gu');

/** True when a text holds a control or invisible character. */
export function hasUnsafe(text: string): boolean {
  return UNSAFE.test(text);
}

/** The text with every run of control and invisible characters replaced by one space. */
export function withoutUnsafe(text: string): string {
  return text.replace(EVERY_UNSAFE, ' ');
}
