import type { Socket } from 'node:net';
import { LmtpFault, sayFault } from './fault.ts';
import { QUIT_MS } from './limits.ts';
import type { LmtpReply } from './reply.ts';
import { createReplyReader } from './reply-reader.ts';

interface Waiting {
  readonly resolve: (reply: LmtpReply) => void;
  readonly reject: (fault: LmtpFault) => void;
}

/**
 * One connection on which replies are counted: every reply belongs to something that was sent, in order (RFC 2920 §3.1). A reply that
 * nobody asked for, or octets that are no reply, break it for good: who has lost count must not attribute anything to anybody.
 */
export class LmtpConnection {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #onBroken: () => void;
  readonly #reader = createReplyReader();
  readonly #replies: LmtpReply[] = [];
  // The server speaks first: its greeting is expected from the beginning.
  #expected = 1;
  #fault: LmtpFault | undefined;
  #waiting: Waiting | undefined;
  #onWritten: (() => void) | undefined;
  #step: NodeJS.Timeout | undefined;

  /** Takes over a socket that is connected or connecting; `onBroken` is called once, at whatever time. */
  constructor(socket: Socket, name: string, onBroken: () => void) {
    this.#socket = socket;
    this.#name = name;
    this.#onBroken = onBroken;
    socket.on('data', (octets) => this.#receive(octets));
    socket.on('error', (error) => this.#lose(sayFault(error)));
    // A server that closes its side has nothing more to say, and nothing that is half sent may be taken for a whole message.
    socket.on('end', () => this.#lose('the server closed the connection'));
    socket.on('close', () => this.#lose('the connection is closed'));
    socket.on('drain', () => this.#onWritten?.());
  }

  /** What broke it, as soon as that is known. */
  get fault(): LmtpFault | undefined {
    return this.#fault;
  }

  /** True when everything that was asked for has come, and nothing else has. */
  get idle(): boolean {
    return this.#fault === undefined && this.#expected === 0 && this.#replies.length === 0 && !this.#reader.partial;
  }

  /** From now on `what` must be over within `deadlineMs`, else the connection is broken. Replaces the step before. */
  startStep(what: string, deadlineMs: number): void {
    if (this.#fault !== undefined) return;
    clearTimeout(this.#step);
    this.#step = setTimeout(() => this.#lose(`${what}: not done within ${deadlineMs / 1_000} s`), deadlineMs);
  }

  endStep(): void {
    clearTimeout(this.#step);
  }

  /** Sends commands (or the end of a message) for which so many replies are to come. */
  send(octets: string | Buffer, replies: number): void {
    if (this.#fault !== undefined) return;
    this.#expected += replies;
    this.#socket.write(octets);
  }

  /** Sends part of a message; resolves when the server has read enough of it. Rejects with {@link LmtpFault}. */
  async write(octets: Buffer, deadlineMs: number): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#socket.write(octets)) return;
    this.startStep('sending the message', deadlineMs);
    await new Promise<void>((resolve) => {
      this.#onWritten = resolve;
    });
    this.#onWritten = undefined;
    this.endStep();
    this.#throwFault();
  }

  /** The next reply; its deadline is the step's. Replies that came before the connection broke are given first. Rejects with {@link LmtpFault}. */
  nextReply(): Promise<LmtpReply> {
    const reply = this.#replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Breaks it at once, without a word. */
  destroy(reason = new LmtpFault('ended', `${this.#name}: given up`)): void {
    this.#fail(reason);
    // Also after `quit`, which leaves the socket a moment to say so.
    this.#socket.destroy();
  }

  /** Ends it as RFC 5321 §4.1.1.10 asks; it is of no use from now on. */
  quit(): void {
    if (this.#fault !== undefined) return;
    this.#socket.end('QUIT\r\n').setTimeout(QUIT_MS, () => this.#socket.destroy());
    this.#fail(new LmtpFault('ended', `${this.#name}: closed`));
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  #receive(octets: Buffer | string): void {
    if (this.#fault !== undefined || typeof octets === 'string') return;
    try {
      const unasked: LmtpReply[] = [];
      for (const reply of this.#reader.read(octets)) this.#take(reply, unasked);
      const partial = this.#expected === 0 && this.#reader.partial;
      if (unasked.length > 0 || partial) this.#hearUnasked(unasked, partial);
    } catch (error) {
      this.#break(new LmtpFault('garbled', `${this.#name}: ${sayFault(error)}`));
    }
  }

  #take(reply: LmtpReply, unasked: LmtpReply[]): void {
    if (this.#expected === 0) {
      unasked.push(reply);
      return;
    }
    this.#expected -= 1;
    if (this.#waiting === undefined) this.#replies.push(reply);
    else this.#waiting.resolve(reply);
    this.#waiting = undefined;
  }

  /** A server that shuts down says 421 whenever it likes, and nothing after it (RFC 5321 §3.8). */
  #hearUnasked([first, ...more]: readonly LmtpReply[], partial: boolean): void {
    const said = JSON.stringify(first?.text.slice(0, 200) ?? '');
    if (first?.code === 421 && more.length === 0 && !partial) this.#lose(`the server closes: ${said}`);
    else this.#break(new LmtpFault('garbled', `${this.#name}: nobody asked for ${first === undefined ? 'part of a reply' : said}`));
  }

  #lose(what: string): void {
    this.#break(new LmtpFault('lost', `${this.#name}: ${what}`));
  }

  #break(reason: LmtpFault): void {
    if (this.#fault !== undefined) return;
    this.#fail(reason);
    this.#socket.destroy();
  }

  #fail(reason: LmtpFault): void {
    if (this.#fault !== undefined) return;
    this.#fault = reason;
    clearTimeout(this.#step);
    this.#waiting?.reject(reason);
    this.#waiting = undefined;
    this.#onWritten?.();
    this.#onBroken();
  }
}
