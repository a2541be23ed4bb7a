/** What a command is run with: where its words go and whose command it is. */
import { cleanText } from '@vratny/text';

export interface Terminal {
  /** Tables, JSON. */
  out(text: string): void;
  /** Problems, and help that nobody asked for. */
  err(text: string): void;
  /** Colours are welcome on `out`. */
  readonly colours: boolean;
  /** Progress is welcome on `err`: a person watches. */
  readonly progress?: boolean;
  /** A person watches `out`: what stands there may be drawn anew. */
  readonly live?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who runs it, for the audit. */
  readonly user: string;
  readonly now: () => Date;
}

/** Text that cannot steer a terminal or break a line. */
export function clean(text: string): string {
  return cleanText(text, { instead: '\ufffd' });
}

/** Says on standard error what is wrong, on one line. */
export function complain(terminal: Terminal, line: string): void {
  terminal.err(`mxctl: ${clean(line)}\n`);
}
