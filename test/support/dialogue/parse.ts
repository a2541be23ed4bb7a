import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Dialogue, DialogueError, type Step } from './dialogue.ts';
import { generate } from './generate.ts';

const CRLF = '\r\n';
const ENCODER = new TextEncoder();

/** Reads a file that a dialogue names. */
export type ReadAttachment = (name: string) => Uint8Array;

/** Reads a dialogue file; files that it names lie beside it. */
export function readDialogue(path: string): Dialogue {
  return parseDialogue(path, readFileSync(path, 'utf8'), (name) => readFileSync(join(dirname(path), name)));
}

/**
 * The form of a dialogue file, described in `README.md` beside this file. Throws {@link DialogueError} with the line of the first thing
 * that is wrong.
 */
export function parseDialogue(path: string, text: string, readAttachment: ReadAttachment = refuseAttachment): Dialogue {
  const lines = text.replace(/\n$/u, '').split('\n');
  const steps: Step[] = [];
  let title: string | undefined;
  lines.forEach((written, index) => {
    const line = index + 1;
    if (written.startsWith('#')) title ??= written.slice(1).trim();
    else if (written.trim() !== '') {
      try {
        steps.push(parseStep(written, line, readAttachment));
      } catch (error) {
        throw new DialogueError(`${path}:${line}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  });
  if (title === undefined || title === '') throw new DialogueError(`${path}:1: begins with no "# what it shows"`);
  if (!steps.some((step) => step.kind === 'expect')) throw new DialogueError(`${path}:${lines.length}: expects nothing of the server`);
  return { title, steps };
}

function refuseAttachment(name: string): never {
  throw new Error(`${name} cannot be sent: this dialogue is no file`);
}

function parseStep(written: string, line: number, readAttachment: ReadAttachment): Step {
  switch (written) {
    case '---':
      return { kind: 'connect', line };
    case 'TLS':
      return { kind: 'tls', line };
    case 'C! close':
      return { kind: 'close', line };
    case 'S! closed':
      return { kind: 'closed', line };
  }
  const [, word = '', rest = ''] = /^(C:|C~|C\+|C<|S:|S\*:|M:|M!)(?: (.*))?$/u.exec(written) ?? [];
  switch (word) {
    case 'C:':
      return { kind: 'send', line, text: rest, bytes: ENCODER.encode(rest + CRLF) };
    case 'C~':
      return { kind: 'send', line, text: rest, bytes: Buffer.concat([generate(rest), Buffer.from(CRLF)]) };
    case 'C+':
      return { kind: 'send', line, text: rest, bytes: generate(rest) };
    case 'C<':
      return { kind: 'send', line, text: `<${rest}`, bytes: withLineEnds(readAttachment(rest)) };
    case 'S:':
    case 'S*:':
      return { kind: 'expect', line, text: checkReply(rest), many: word === 'S*:' };
    case 'M:':
      return parseStored(rest, line);
    case 'M!':
      return { kind: 'nothing-stored', line, mailbox: checkMailbox(rest) };
    default:
      throw new Error('begins with none of C: C~ C+ C< C! S: S*: S! M: M! TLS --- #');
  }
}

function parseStored(rest: string, line: number): Step {
  const space = rest.indexOf(' ');
  if (space === -1) throw new Error('M: takes a mailbox and a line');
  return { kind: 'stored', line, mailbox: checkMailbox(rest.slice(0, space)), text: rest.slice(space + 1) };
}

function checkMailbox(text: string): string {
  if (!/^[^\s@]+@[^\s@]+$/u.test(text)) throw new Error(`"${text}" is no mailbox`);
  return text;
}

function checkReply(text: string): string {
  if (!/^\d{3}[ -]/u.test(text)) throw new Error('a reply begins with three digits and a space or "-"');
  return text;
}

/** Attachments are kept with LF, as all text in the repository. */
function withLineEnds(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(/\r?\n/gu, CRLF), 'latin1');
}
