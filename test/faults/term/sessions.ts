import type { Attempt } from '../ledger/attempt.ts';
import { type Client, type ClientReply, NoReply, openClient } from '../ledger/client.ts';
import { type ClientLedger, type Entry, pendingOf } from '../ledger/client-ledger.ts';
import { toWire } from '../ledger/message.ts';

/** Where a session stands when mx is told to stop. */
export type Standing = 'idle' | 'after MAIL' | 'in DATA' | 'waiting for the store';

/** A session of a client that does one thing after the other and writes down how it ended. */
export interface OpenSession {
  readonly standing: Standing;
  readonly entry: Entry;
  /** Sends the message of one that is to wait for the store. Apart, since a store that has its hands full is not asked about mailboxes. */
  handOver(): void;
  /** Goes on from where it stands to the end of the connection. What was said last before it was closed; a 421 has its own place. */
  finish(): Promise<Goodbye>;
  /** Breaks the connection, and the client knows nothing. */
  vanish(): void;
}

/** How mx let the client go. */
export interface Goodbye {
  /** To the message, or to whatever came in its place; undefined: none. */
  readonly reply: ClientReply | undefined;
  /** The 421 before the connection was closed. */
  readonly farewell: ClientReply | undefined;
}

/** Brings a session to where it shall stand. Each writes one attempt into the ledger when it ends. */
export async function openSession(ledger: ClientLedger, port: number, entry: Entry, standing: Standing): Promise<OpenSession> {
  const startedAt = new Date();
  const started = performance.now();
  const offered = pendingOf(entry);
  const client = await openClient(port);
  const wire = toWire(entry.message);
  const half = Math.floor(wire.length / 2);
  await expectReply(client.readReply(), 220);
  await expectReply(client.say('EHLO client.test'), 250);
  if (standing !== 'idle') await expectReply(client.say(`MAIL FROM:<${entry.message.sender}>`), 250);
  if (standing === 'in DATA' || standing === 'waiting for the store') await beginData(client, offered);
  if (standing === 'in DATA') client.write(wire.subarray(0, half));

  function note(ending: Attempt['ending'], sent: boolean): void {
    const ms = Math.round(performance.now() - started);
    ledger.note(entry, { startedAt, ms, offered, turnedAway: new Map(), ending, sent });
  }
  async function toReply(): Promise<ClientReply | undefined> {
    if (standing === 'idle') return undefined;
    if (standing === 'after MAIL') {
      await beginData(client, offered);
      client.write(wire);
    }
    if (standing === 'in DATA') client.write(wire.subarray(half));
    return await client.readReply();
  }
  return {
    standing,
    entry,
    handOver: () => client.write(wire),
    vanish: () => {
      client.socket.resetAndDestroy();
      note({ kind: 'lost', why: 'the client went away' }, standing === 'waiting for the store');
    },
    finish: async () => {
      const reply = await orNothing(toReply());
      const farewell = reply?.code === 421 ? reply : await orNothing(client.readReply());
      if (reply !== undefined) note({ kind: 'reply', reply }, true);
      else note({ kind: 'lost', why: farewell?.text ?? 'closed without a word' }, standing !== 'idle');
      client.close();
      return { reply, farewell };
    },
  };
}

async function beginData(client: Client, recipients: readonly string[]): Promise<void> {
  for (const recipient of recipients) await expectReply(client.say(`RCPT TO:<${recipient}>`), 250);
  await expectReply(client.say('DATA'), 354);
}

async function expectReply(reply: Promise<ClientReply>, code: number): Promise<void> {
  const { text, code: got } = await reply;
  if (got !== code) throw new NoReply(`${code} was expected: ${text}`);
}

/** Undefined when the server has closed the connection instead. */
async function orNothing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof NoReply) return undefined;
    throw error;
  }
}
