import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { tokenOf } from '../ledger/message.ts';
import type { HandOver, KeptCopy } from './kept-copy.ts';
import { UNREAD_MAX_BYTES } from './limits.ts';
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

const CRLF = '\r\n';
const END = '\r\n.\r\n';
const HELLO = ['250-store', '250-PIPELINING', '250-8BITMIME', '250-SIZE', '250 ENHANCEDSTATUSCODES', ''].join(CRLF);

/** Speaks LMTP on one connection: keeps what the script lets it keep, and writes down what the node can know of that. */
export function serveLmtp(socket: Socket, ground: Ground): void {
  let unread = '';
  let recipients: string[] = [];
  let inData = false;
  let working = Promise.resolve();
  /** Those whose last reply nothing has followed yet. */
  let unheard: Writable<HandOver>[] = [];

  function answer(command: string): string {
    const verb = command.slice(0, 4).toUpperCase();
    if (verb === 'MAIL' || verb === 'RSET') recipients = [];
    if (verb === 'RCPT') recipients.push(/<(.*?)>/u.exec(command)?.[1] ?? '');
    if (verb === 'LHLO') return HELLO;
    if (verb === 'QUIT') return `221 2.0.0 bye${CRLF}`;
    if (verb !== 'DATA') return `250 2.0.0 fine${CRLF}`;
    if (recipients.length === 0) return `503 5.5.1 no recipients${CRLF}`;
    inData = true;
    // So that the end is found in one way, whether the message is empty or not.
    unread = CRLF + unread;
    return `354 go on${CRLF}`;
  }

  async function take(text: string): Promise<void> {
    inData = false;
    const handOver: Writable<HandOver> = {};
    unheard.push(handOver);
    const bytes = Buffer.from(text.slice(CRLF.length).replaceAll(/^\.\./gmu, '.'), 'latin1');
    const token = tokenOf(bytes.toString('latin1', 0, 16_384));
    const to = recipients;
    recipients = [];
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
    unread += piece;
    if (unread.length > UNREAD_MAX_BYTES) return void socket.destroy();
    for (let end = unread.indexOf(inData ? END : CRLF); end !== -1; end = unread.indexOf(inData ? END : CRLF)) {
      const part = unread.slice(0, inData ? end + CRLF.length : end);
      unread = unread.slice(end + (inData ? END : CRLF).length);
      if (inData) await take(part);
      else await write(answer(part), undefined);
    }
  }

  socket.write(`220 store LMTP${CRLF}`);
  socket.setEncoding('latin1').on('data', (piece: string) => {
    working = working.then(() => work(piece));
  });
  socket.once('close', () => {
    for (const handOver of unheard) handOver.brokenAt = Date.now();
  });
}
