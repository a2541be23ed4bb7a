import type { Duplex } from 'node:stream';
import { ConversationFault, describeFault } from './fault.ts';
import { QUIT_MS } from './limits.ts';
import { isClosing, quoteReply, type ServerReply } from './reply.ts';
import { createReplyReader } from './reply-reader.ts';

interface Waiting {
  readonly count: number;
  readonly resolve: (replies: readonly ServerReply[]) => void;
  readonly reject: (fault: ConversationFault) => void;
}

/**
 * One connection on which replies are counted: every reply belongs to something that was sent, in order (RFC 2920 §3.1). A reply that
 * nobody asked for, or octets that are no reply, break the connection: after a miscount no reply can be attributed to a command.
 */
export class ClientConnection {
  readonly #socket: Duplex;
  readonly #name: string;
  readonly #onBroken: () => void;
  readonly #reader = createReplyReader();
  readonly #replies: ServerReply[] = [];
  // The server speaks first: its greeting is expected from the beginning.
  #expected = 1;
  #fault: ConversationFault | undefined;
  #waiting: Waiting | undefined;
  #onWritten: (() => void) | undefined;
  #step = '';
  #stepMs = 0;
  // Of `performance.now()`: when the step must be over; Infinity when there is none.
  #stepEndsAt = Number.POSITIVE_INFINITY;
  // One timer for all steps: it looks when it fires, and begins again when a later step has more time.
  #timer: NodeJS.Timeout | undefined;
  #timerFiresAt = 0;

  /** Takes over a stream to a server, which speaks first; `onBroken` is called once, at whatever time. */
  constructor(socket: Duplex, name: string, onBroken: () => void) {
    this.#socket = socket;
    this.#name = name;
    this.#onBroken = onBroken;
    socket.on('data', (octets) => this.#receive(octets));
    socket.on('error', (error) => this.#lose(describeFault(error)));
    // A server that closes its side has nothing more to say, and nothing that is half sent may be taken for a whole message.
    socket.on('end', () => this.#lose('the server closed the connection'));
    socket.on('close', () => this.#lose('the connection is closed'));
    socket.on('drain', () => this.#onWritten?.());
  }

  /** What broke it, as soon as that is known. */
  get fault(): ConversationFault | undefined {
    return this.#fault;
  }

  /** True when everything that was asked for has come, and nothing else has. */
  get idle(): boolean {
    return this.#fault === undefined && this.#expected === 0 && this.#replies.length === 0 && !this.#reader.partial;
  }

  /** From now on `what` must be over within `deadlineMs`, else the connection is broken. Replaces the step before. */
  startStep(what: string, deadlineMs: number): void {
    if (this.#fault !== undefined) return;
    this.#step = what;
    this.#stepMs = deadlineMs;
    this.#stepEndsAt = performance.now() + deadlineMs;
    if (this.#timer === undefined || this.#timerFiresAt > this.#stepEndsAt) this.#setTimer(deadlineMs);
  }

  endStep(): void {
    this.#stepEndsAt = Number.POSITIVE_INFINITY;
  }

  /** Sends commands (or the end of a message) for which so many replies are to come. */
  send(octets: string | Buffer, replies: number): void {
    if (this.#fault !== undefined) return;
    this.#expected += replies;
    this.#socket.write(octets);
  }

  /** Sends part of a message. A promise where the server has to read first. Throws or rejects with {@link ConversationFault}. */
  write(octets: Buffer, deadlineMs: number): void | Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    return this.#socket.write(octets) ? undefined : this.#waitUntilWritten(deadlineMs);
  }

  async #waitUntilWritten(deadlineMs: number): Promise<void> {
    this.startStep('sending the message', deadlineMs);
    await new Promise<void>((resolve) => {
      this.#onWritten = resolve;
    });
    this.#onWritten = undefined;
    this.endStep();
    this.#throwFault();
  }

  /**
   * The next replies: so many, or fewer when one of them says that the server closes, or when the connection breaks behind them. Their deadline is the step's.
   * Replies that came before the connection broke are given first. Rejects with {@link ConversationFault}.
   */
  nextReplies(count: number): Promise<readonly ServerReply[]> {
    if (this.#fault !== undefined && this.#replies.length === 0) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      this.#waiting = { count, resolve, reject };
      this.#settle();
    });
  }

  /** So many replies. Rejects with {@link ConversationFault}, at the first 421 too; `taken` has those before it. */
  async takeReplies(count: number, taken: ServerReply[] = []): Promise<readonly ServerReply[]> {
    while (taken.length < count) {
      for (const reply of await this.nextReplies(count - taken.length)) {
        if (isClosing(reply)) throw new ConversationFault('lost', `the store closes: ${quoteReply(reply)}`);
        taken.push(reply);
      }
    }
    return taken;
  }

  /** Breaks it at once, without QUIT. */
  destroy(reason = new ConversationFault('ended', `${this.#name}: given up`)): void {
    this.#fail(reason);
    // Also after `quit`, which leaves the socket a moment to say so.
    this.#socket.destroy();
  }

  /** Ends it as RFC 5321 §4.1.1.10 asks; it is of no use from now on. */
  quit(): void {
    if (this.#fault !== undefined) return;
    const timer = setTimeout(() => this.#socket.destroy(), QUIT_MS).unref();
    this.#socket.once('close', () => clearTimeout(timer)).end('QUIT\r\n');
    this.#fail(new ConversationFault('ended', `${this.#name}: closed`));
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  #receive(octets: Buffer | string): void {
    if (this.#fault !== undefined || typeof octets === 'string') return;
    try {
      const unasked: ServerReply[] = [];
      for (const reply of this.#reader.read(octets)) this.#take(reply, unasked);
      const partial = this.#expected === 0 && this.#reader.partial;
      if (unasked.length > 0 || partial) this.#hearUnasked(unasked, partial);
      this.#settle();
    } catch (error) {
      this.#break(new ConversationFault('garbled', `${this.#name}: ${describeFault(error)}`));
    }
  }

  #take(reply: ServerReply, unasked: ServerReply[]): void {
    if (this.#expected === 0) {
      unasked.push(reply);
      return;
    }
    this.#expected -= 1;
    this.#replies.push(reply);
  }

  /** Gives the waiting caller the replies that have come, once no further one is to be waited for. */
  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const complete = this.#replies.length >= waiting.count || this.#fault !== undefined || this.#replies.some(isClosing);
    if (!complete) return;
    this.#waiting = undefined;
    const replies = this.#replies.splice(0, waiting.count);
    if (replies.length > 0) waiting.resolve(replies);
    else if (this.#fault !== undefined) waiting.reject(this.#fault);
  }

  #setTimer(ms: number): void {
    clearTimeout(this.#timer);
    this.#timerFiresAt = performance.now() + ms;
    // The socket keeps the process alive as long as somebody waits for it.
    this.#timer = setTimeout(() => this.#lookAtStep(), ms).unref();
  }

  #lookAtStep(): void {
    this.#timer = undefined;
    if (this.#leftMs() > 0) this.#lookLater();
    // When this process stood still (a machine that was paused, a log that nobody read), the reply may be there: timers run before sockets are read.
    else setImmediate(() => this.#endLateStep());
  }

  #endLateStep(): void {
    if (this.#fault !== undefined) return;
    if (this.#leftMs() > 0) this.#lookLater();
    else this.#lose(`${this.#step}: not done within ${this.#stepMs / 1_000} s`);
  }

  #lookLater(): void {
    const leftMs = this.#leftMs();
    if (Number.isFinite(leftMs) && this.#timer === undefined) this.#setTimer(Math.ceil(leftMs));
  }

  #leftMs(): number {
    return this.#stepEndsAt - performance.now();
  }

  /** A server that shuts down says 421 whenever it likes, and nothing after it (RFC 5321 §3.8). */
  #hearUnasked([first, ...more]: readonly ServerReply[], partial: boolean): void {
    const said = JSON.stringify(first?.text.slice(0, 200) ?? '');
    if (first?.code === 421 && more.length === 0 && !partial) this.#lose(`the server closes: ${said}`);
    else this.#break(new ConversationFault('garbled', `${this.#name}: nobody asked for ${first === undefined ? 'part of a reply' : said}`));
  }

  #lose(what: string): void {
    this.#break(new ConversationFault('lost', `${this.#name}: ${what}`));
  }

  #break(reason: ConversationFault): void {
    if (this.#fault !== undefined) return;
    this.#fail(reason);
    this.#socket.destroy();
  }

  #fail(reason: ConversationFault): void {
    if (this.#fault !== undefined) return;
    this.#fault = reason;
    clearTimeout(this.#timer);
    this.#settle();
    this.#onWritten?.();
    this.#onBroken();
  }
}
