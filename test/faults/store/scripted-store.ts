import type { Socket } from 'node:net';
import { type Act, type LmtpServer, startLmtpServer, writeSlowly } from '@vratny/support/lmtp-server';
import { tokenOf } from '../ledger/message.ts';
import type { HandOver, KeptCopy } from './kept-copy.ts';
import { type Answer, replyFor, type Script } from './treatment.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** An LMTP store that follows a script, and can be killed and frozen. What it kept it has for ever, whether it could say so or not. */
export interface ScriptedStore extends Pick<LmtpServer, 'port' | 'url' | 'kill' | 'revive' | 'freeze' | 'thaw'>, AsyncDisposable {
  /** In the order in which it kept them. */
  readonly kept: readonly KeptCopy[];
}

/** Starts one on a free port of this machine. It writes down what the node can know of each copy. */
export async function startScriptedStore(script: Script = () => ({})): Promise<ScriptedStore> {
  const kept: KeptCopy[] = [];
  const handOvers = new Map<string, number>();
  /** By connection: those whose last reply nothing has followed yet. */
  const unheard = new Map<number, Writable<HandOver>[]>();

  function countHandOver(token: string): number {
    const nth = (handOvers.get(token) ?? 0) + 1;
    handOvers.set(token, nth);
    return nth;
  }
  function keep(copy: Pick<KeptCopy, 'mailbox' | 'bytes' | 'token' | 'handOver'>): Writable<KeptCopy> {
    const full: Writable<KeptCopy> = { ...copy, at: Date.now(), toldAt: undefined, where: 'the scripted store' };
    kept.push(full);
    return full;
  }
  function take(to: readonly string[], bytes: Buffer, handOver: Writable<HandOver>): readonly Act[] {
    const token = tokenOf(bytes.toString('latin1', 0, 16_384));
    const {
      before,
      says = to.length,
      afterwards,
      octetEveryMs,
      ...treatment
    } = script({ token, recipients: to, nth: countHandOver(token ?? '') });
    const answers = to.map((_mailbox, at): Answer => treatment.answers?.[at] ?? 'takes');
    const copies = to.map((mailbox, at) => (answers[at] === 'takes' ? keep({ mailbox, bytes, token, handOver }) : undefined));
    const replies = to.slice(0, says).map((mailbox, at) => async (socket: Socket) => {
      if (!(await write(socket, replyFor(answers[at] ?? 'takes', mailbox), octetEveryMs))) return;
      const copy = copies[at];
      if (copy) copy.toldAt = Date.now();
      if (at === to.length - 1) handOver.endedAt = Date.now();
    });
    const last: readonly Act[] = afterwards === undefined ? [] : [afterwards === 'close' ? 'DROP' : 'HANG'];
    return [...(before === undefined ? [] : [before]), ...replies, ...last];
  }

  const server = await startLmtpServer({
    features: ['PIPELINING', '8BITMIME', 'SIZE', 'ENHANCEDSTATUSCODES'],
    heard: (connection) => {
      const open = unheard.get(connection)?.filter((one) => one.endedAt === undefined) ?? [];
      unheard.set(connection, open);
    },
    dot(recipients, { connection }, bytes) {
      const handOver: Writable<HandOver> = {};
      unheard.get(connection)?.push(handOver);
      return take(recipients, bytes, handOver);
    },
    closed: (connection) => {
      for (const handOver of unheard.get(connection) ?? []) handOver.brokenAt = Date.now();
      unheard.delete(connection);
    },
  });
  const { port, url, kill, revive, freeze, thaw } = server;
  return { kept, port, url, kill, revive, freeze, thaw, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** False when nobody is there to read it. */
async function write(socket: Socket, text: string, octetEveryMs: number | undefined): Promise<boolean> {
  if (octetEveryMs !== undefined) return await writeSlowly(socket, { slowly: text, everyMs: octetEveryMs });
  if (!socket.writable) return false;
  socket.write(text);
  return true;
}
