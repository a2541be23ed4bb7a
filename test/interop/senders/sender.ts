import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one message is, for every program that sends. */
export interface Outgoing {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  /** Octets of ASCII; lines end in CRLF. */
  readonly body: string;
}

/** Where a program sends to, and how. */
export interface Target {
  /** Port of mx on 127.0.0.1. */
  readonly port: number;
  /** True: STARTTLS or nothing. False: in clear, though it is offered. */
  readonly tls: boolean;
  /** A folder of its own, which every user may enter. */
  readonly folder: string;
}

/** A real program that sends mail. */
export interface SenderKind {
  readonly name: string;
  /** It sends several messages on one connection. */
  readonly reuses: boolean;
  /**
   * Sends all messages and resolves when it has tried each of them. Rejects when the program says that one was not taken; a mail server
   * that would try again later says so in what is returned: a line for each attempt that did not succeed.
   */
  send(target: Target, messages: readonly Outgoing[]): Promise<readonly string[]>;
}

/** A whole message, as a program that composes nothing is given it. */
export function render({ subject, from, to, body }: Outgoing): string {
  const header = [`From: <${from}>`, `To: <${to}>`, `Subject: ${subject}`, 'Date: Mon, 06 Jan 2025 10:00:00 +0000'];
  return `${[...header, `Message-ID: <${subject}@sender.test>`].join('\r\n')}\r\n\r\n${body}`;
}

/** A message in a file. */
export interface WrittenMessage {
  readonly from: string;
  readonly to: string;
  readonly file: string;
}

/** Writes each whole message into a file of its own, with the line ends that its program wants. */
export function writeMessages(folder: string, messages: readonly Outgoing[], end: '\r\n' | '\n'): readonly WrittenMessage[] {
  return messages.map((message, index) => {
    const file = join(folder, `${index}.eml`);
    writeFileSync(file, render(message).replaceAll('\r\n', end), 'latin1');
    return { from: message.from, to: message.to, file };
  });
}

/** The lines of a mail server's log that tell of an attempt without success. */
export function troubles(log: string, pattern: RegExp): readonly string[] {
  return log.split('\n').filter((line) => pattern.test(line));
}
