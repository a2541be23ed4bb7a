import { createHash } from 'node:crypto';

/** A message as a client keeps it: enough to recognise each copy of it, whole or torn. */
export interface TestMessage {
  /** Stands in the Message-ID and at the end of the body; in no other message. */
  readonly token: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  /** As sent, before dots are doubled; ends in CRLF. */
  readonly bytes: Buffer;
  /** Hexadecimal, of {@link bytes}. */
  readonly sha256: string;
}

const LINE_CHARS = 76;

/** Makes a message of about `bodyBytes` whose every line is different, so that no piece of it can stand for another. */
export function makeMessage(
  token: string,
  recipients: readonly string[],
  options: { readonly bodyBytes?: number; readonly sender?: string } = {},
): TestMessage {
  const { bodyBytes = 400, sender = 'a@sender.test' } = options;
  const lines = ['.a line with a dot'];
  for (let size = 0; size < bodyBytes; size += LINE_CHARS + 2) {
    lines.push(createHash('sha384').update(`${token} ${lines.length}`).digest('base64').padEnd(LINE_CHARS, '='));
  }
  const head = `Date: Mon, 6 Jan 2025 10:00:00 +0000\r\nMessage-ID: <${token}@sender.test>\r\nFrom: <${sender}>\r\nSubject: ${token}\r\n\r\n`;
  const bytes = Buffer.from(`${head}${lines.join('\r\n')}\r\nend of ${token}\r\n`, 'latin1');
  return { token, sender, recipients, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** As it goes over the wire: dots doubled, with the final one (RFC 5321 §4.5.2). */
export function toWire(message: TestMessage): Buffer {
  const text = message.bytes.toString('latin1').replaceAll(/^\./gmu, '..');
  return Buffer.from(`${text}.\r\n`, 'latin1');
}

/** The token that a text of a mailbox speaks of, even when it was torn soon after its head. */
export function tokenOf(stored: string): string | undefined {
  return /^Message-ID: <([^@>\r\n]+)@sender\.test>/mu.exec(stored)?.[1];
}
