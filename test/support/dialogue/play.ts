import type { Dialogue, Step } from './dialogue.ts';
import { matches } from './match.ts';
import type { DialogueClient, Transport } from './transport.ts';

/** The server said something else than the dialogue; the message shows what was said so far. */
export class DialogueMismatch extends Error {
  override readonly name = 'DialogueMismatch';
}

/** A long `S*:` cannot go on for ever. */
const MANY_MAX = 1000;

interface Play {
  readonly transport: Transport;
  readonly transcript: string[];
  /** Messages per mailbox before the dialogue began. */
  readonly before: ReadonlyMap<string, number>;
  connection: DialogueClient | undefined;
  /** A line that was read and not taken. */
  pushedBack: string | undefined;
}

/** Plays a dialogue. Rejects with {@link DialogueMismatch} at the first difference. */
export async function play(dialogue: Dialogue, transport: Transport): Promise<void> {
  const before = await countStored(dialogue, transport);
  const state: Play = { transport, transcript: [], before, connection: undefined, pushedBack: undefined };
  try {
    for (const group of groupSends(dialogue.steps)) await take(state, group);
  } finally {
    state.connection?.close();
  }
}

async function countStored(dialogue: Dialogue, transport: Transport): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const step of dialogue.steps) {
    if (step.kind === 'stored' || step.kind === 'nothing-stored') counts.set(step.mailbox, (await transport.stored(step.mailbox)).length);
  }
  return counts;
}

/** Neighbouring sends become one write. */
function groupSends(steps: readonly Step[]): readonly (readonly [Step, ...Step[]])[] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.kind === 'send' && last?.[0].kind === 'send') last.push(step);
    else groups.push([step]);
  }
  return groups;
}

async function take(state: Play, group: readonly [Step, ...Step[]]): Promise<void> {
  const [step] = group;
  switch (step.kind) {
    case 'send':
      return send(state, group);
    case 'expect':
      return step.many ? await expectMany(state, step) : await expectLine(state, step.line, step.text);
    case 'connect':
      state.connection?.close();
      state.connection = undefined;
      state.pushedBack = undefined;
      state.transcript.push('---');
      return;
    case 'tls':
      await (await connection(state)).secure();
      state.transcript.push('TLS');
      return;
    case 'close':
      (await connection(state)).close();
      state.connection = undefined;
      return;
    case 'closed':
      return await expectClosed(state, step.line);
    case 'stored':
      return await expectStored(state, step);
    case 'nothing-stored':
      return await expectNothing(state, step.line, step.mailbox);
  }
}

async function connection(state: Play, early: Uint8Array = new Uint8Array()): Promise<DialogueClient> {
  state.connection ??= await state.transport.connect(early);
  return state.connection;
}

async function send(state: Play, group: readonly Step[]): Promise<void> {
  const sends = group.filter((step) => step.kind === 'send');
  for (const step of sends) state.transcript.push(`C: ${step.text}`);
  const bytes = Buffer.concat(sends.map((step) => step.bytes));
  if (state.connection === undefined) await connection(state, bytes);
  else state.connection.write(bytes);
}

async function readLine(state: Play): Promise<string | undefined> {
  const known = state.pushedBack;
  state.pushedBack = undefined;
  return known ?? (await (await connection(state)).readLine());
}

async function expectLine(state: Play, line: number, expected: string): Promise<void> {
  const actual = await readLine(state).catch((error: Error) => `(${error.message})`);
  if (actual === undefined || !matches(expected, actual)) fail(state, line, expected, actual ?? '(the server closed)');
  state.transcript.push(`S: ${actual}`);
}

async function expectMany(state: Play, step: Extract<Step, { kind: 'expect' }>): Promise<void> {
  for (let i = 0; i < MANY_MAX; i += 1) {
    const actual = await readLine(state);
    if (actual === undefined) return;
    if (!matches(step.text, actual)) {
      state.pushedBack = actual;
      return;
    }
    state.transcript.push(`S: ${actual}`);
  }
  fail(state, step.line, `at most ${MANY_MAX} lines ${step.text}`, 'more');
}

async function expectClosed(state: Play, line: number): Promise<void> {
  const actual = await readLine(state).catch((error: Error) => `(${error.message})`);
  if (actual !== undefined) fail(state, line, '(the server closes)', actual);
}

async function arrived(state: Play, mailbox: string): Promise<readonly string[]> {
  return (await state.transport.stored(mailbox)).slice(state.before.get(mailbox) ?? 0);
}

async function expectStored(state: Play, step: Extract<Step, { kind: 'stored' }>): Promise<void> {
  const messages = await arrived(state, step.mailbox);
  const lines = messages.flatMap((message) => message.split(/\r?\n/u));
  if (lines.some((one) => matches(step.text, one))) return;
  fail(state, step.line, `${step.mailbox} has ${step.text}`, messages.length === 0 ? 'no new message' : `\n${messages.join('\n')}`);
}

async function expectNothing(state: Play, line: number, mailbox: string): Promise<void> {
  const messages = await arrived(state, mailbox);
  if (messages.length > 0) fail(state, line, `nothing new for ${mailbox}`, `${messages.length} messages`);
}

function fail(state: Play, line: number, expected: string, actual: string): never {
  throw new DialogueMismatch(
    [...state.transcript, '', `line ${line}`, `expected: ${expected}`, `actual:   ${actual}`].map((one) => `  ${one}`).join('\n'),
  );
}
