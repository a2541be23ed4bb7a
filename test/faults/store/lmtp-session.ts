import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { tokenOf } from '../ledger/message.ts';
import { createLmtpWire, GREETING, type Said } from '../lmtp/lmtp-wire.ts';
import type { HandOver, KeptCopy } from './kept-copy.ts';
import { type Answer, type HandedOver, replyFor, type Treatment } from './treatment.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the sessions of one store have in common. */
export interface Ground {
  /** Asked once for each message. */
  readonly treat: (message: Omit<HandedOver, 'nth'>) => Treatment;
  readonly keep: (copy: KeptCopy) => void;
  /** Resolves at once, or when a frozen store is thawed. */
  readonly thawed: () => Promise<void>;
}

/** Speaks LMTP on one connection: keeps what the script lets it keep, and writes down what the node can know of that. */
export function serveLmtp(socket: Socket, ground: Ground): void {
  const wire = createLmtpWire();
  let working = Promise.resolve();
  /** Those whose last reply nothing has followed yet. */
  let unheard: Writable<HandOver>[] = [];

  async function take({ bytes, recipients: to }: Extract<Said, { kind: 'message' }>): Promise<void> {
    const handOver: Writable<HandOver> = {};
    unheard.push(handOver);
    const token = tokenOf(bytes.toString('latin1', 0, 16_384));
    const treatment = ground.treat({ token, recipients: to });
    const answers = to.map((_mailbox, at) => treatment.answers?.[at] ?? 'takes');
    const copies = to.map((mailbox, at) => keepCopy({ mailbox, bytes, token, handOver }, answers[at]));
    await treatment.before?.();
    const said = treatment.says ?? to.length;
    for (let at = 0; at < said; at += 1) {
      await ground.thawed();
      if (!(await write(replyFor(answers[at] ?? 'takes', to[at] ?? ''), treatment.octetEveryMs))) return;
      const copy = copies[at];
      if (copy) copy.toldAt = Date.now();
    }
    if (said >= to.length) handOver.endedAt = Date.now();
    if (treatment.afterwards === 'close') socket.end();
    if (treatment.afterwards === 'silence' && !socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }

  function keepCopy(of: Pick<KeptCopy, 'mailbox' | 'bytes' | 'token' | 'handOver'>, said: Answer | undefined) {
    if (said !== 'takes') return undefined;
    const copy: Writable<KeptCopy> = { ...of, at: Date.now(), toldAt: undefined, where: 'the scripted store' };
    ground.keep(copy);
    return copy;
  }

  /** False when nobody is there to read it. */
  async function write(text: string, octetEveryMs: number | undefined): Promise<boolean> {
    const pieces = octetEveryMs === undefined ? [text] : text.split('');
    for (const piece of pieces) {
      if (octetEveryMs !== undefined) await pause(octetEveryMs);
      if (!socket.writable) return false;
      socket.write(piece);
    }
    return true;
  }

  async function work(piece: string): Promise<void> {
    await ground.thawed();
    unheard = [];
    for (const said of wire.read(piece)) {
      if (said.kind === 'message') await take(said);
      else await write(said.answer, undefined);
    }
  }

  socket.write(GREETING);
  socket.setEncoding('latin1').on('data', (piece: string) => {
    working = working.then(() => work(piece));
  });
  socket.once('close', () => {
    for (const handOver of unheard) handOver.brokenAt = Date.now();
  });
}
