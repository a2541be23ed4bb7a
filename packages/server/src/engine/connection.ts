import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { startFacts } from '@vratny/policy';
import { closesConnection, type Delay, encodeLines, encodeReply, type Objection, type Reply } from '@vratny/smtp';
import { describeBug } from '@vratny/text';
import { createCanceller, runSteps, type Steps, turnOfEventLoop, wait } from '@vratny/waiting';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { Answer, Incoming, MessageAnswer } from '../answer.ts';
import { answerLine } from '../answer-line.ts';
import { COMMAND_MS, DRAIN_IDLE_MS, FAREWELL_MS, MESSAGE_BYTES_PER_SECOND, MESSAGE_MS, OVERSIZE_FACTOR, SESSION_MS } from '../limits.ts';
import type { QuietRoom } from '../message/quiet-room.ts';
import { tooLarge } from '../message/receive.ts';
import { HEADER_START_BYTES, headerRefused, type ProxiedClient, startsWithHeader } from '../proxy/read-header.ts';
import { type Limit, recordLimit } from '../record-judgement.ts';
import type { ServerOptions } from '../server-options.ts';
import { Session } from '../session.ts';
import type { SpoolRoom } from '../spool-room.ts';
import { awaitFirstRecord } from '../tls/first-record.ts';
import type { HandshakeRoom } from '../tls/handshake-room.ts';
import { createDeadline } from './deadline.ts';
import { repliesDrained } from './drained.ts';
import { type DataSink, type Line, MxStream } from './stream.ts';

const LONG_ENOUGH: Delay = '421 4.4.2 this session has lasted long enough, please connect again';
const GOING_DOWN: Delay = '421 4.3.2 this node is going down, please connect again';

/** What the library would ask the system for: random octets for an identifier of its own, and our end of the socket. Nobody looks at them here. */
const UNASKED = { id: '-', localAddress: '-', localPort: 1 } as const;

/** Who a connection is from, where that is not the other end of its socket. */
export interface Arrival {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly proxied?: ProxiedClient;
}

/** The server that a connection belongs to: what all its sessions share. */
interface Owner extends SMTPServer {
  readonly mx: ServerOptions;
  readonly spoolRoom: SpoolRoom;
  readonly quietRoom: QuietRoom;
  readonly handshakes: HandshakeRoom;
  /** The client is gone. */
  left(connection: MxConnection): void;
}

/** A goodbye that waits until the client has its answer, or until its transaction is over. */
interface Farewell {
  readonly reply: Delay;
  readonly after: 'answer' | 'transaction';
}

/**
 * One client's connection. The library keeps the socket, the TLS upgrade and the life cycle; what is said and when is ours.
 * Every reply goes through {@link MxConnection.reply}.
 */
export class MxConnection extends SMTPConnection {
  readonly #server: Owner;
  readonly mail: Session;
  readonly #gone = createCanceller();
  readonly #command = createDeadline(COMMAND_MS, () => this.#onSilence());
  readonly #session = createDeadline(SESSION_MS, () => {
    this.#takeLeave({ reply: LONG_ENOUGH, after: this.mail.owesDelivery ? 'transaction' : 'answer' });
    if (!this._closing) this.#overtime.restart();
  });
  /** What accepted recipients wait for may still come, but not for ever. */
  readonly #overtime = createDeadline(MESSAGE_MS, () => this.#takeLeave({ reply: LONG_ENOUGH, after: 'answer' }));
  readonly #proxied: ProxiedClient | undefined;
  #lastCall: NodeJS.Timeout | undefined;
  #draining = false;
  #greeted = false;
  /** We owe the client an answer. */
  #busy = false;
  #upper: Socket | undefined;
  /** Its place among the handshakes of the process is free again. */
  #leaveHandshake: (() => void) | undefined;
  #farewell: Farewell | undefined;
  /** Why the connection ends, when it is not the client's QUIT. */
  #reason: string | undefined;

  constructor(server: Owner, socket: Socket, { proxied, ...options }: Arrival) {
    super(server, socket, { ...UNASKED, ...options });
    this.#server = server;
    this.#proxied = proxied;
    const client = { ip: this.remoteAddress, port: this.remotePort };
    this.mail = new Session(server.mx, { client, gone: this.#gone.signal, spoolRoom: server.spoolRoom, quietRoom: server.quietRoom });
  }

  /** Replaces the library's: no fixed pause, and caps before anything is said. */
  override init(): void {
    this._setListeners(() => {
      if (!this.isHealthCheck) startFacts(this.mail.options.policy, this.mail.visit);
      this.#session.restart();
      // Whatever the client sent before it was greeted is read within these two turns of the event loop; the others lose no time.
      setImmediate(() => setImmediate(() => this.#greet()));
    });
  }

  /** A proxy asks whether this node serves: nobody is judged for that, and nothing is written down. */
  get isHealthCheck(): boolean {
    return this.#proxied?.local ?? false;
  }

  override _createParser(): SMTPStream {
    const stream = new MxStream({ onLine: (line) => this.#onLine(line), onEnd: () => this.close() });
    stream.on('error', (error: Error) => {
      this.#recordBug(error);
      this.destroy();
    });
    // The library pipes the socket into it and marks it as closed; it knows nothing else of it (see library.contract.test.ts).
    return stream as unknown as SMTPStream;
  }

  get #stream(): MxStream | undefined {
    const parser: unknown = this._parser;
    return parser instanceof MxStream ? parser : undefined;
  }

  /** The library's own replies come this way, and none of its texts reaches the wire; `library.contract.test.ts` lists them. */
  override send(code: number, _data?: string | string[] | null): void {
    this.reply(
      code === 421 ? '421 4.3.2 this server closes the connection' : '451 4.3.0 this server could not go on, please try again later',
    );
  }

  override upgrade(callback: () => void, secureCallback?: () => void): void {
    // A client that closes its side during the handshake is gone; what it may still read is nothing that TLS could carry.
    this._socket.allowHalfOpen = false;
    // What was said in the clear behind STARTTLS is thrown away with the parser; the library makes a new one.
    if (this._parser) {
      this._socket.unpipe(this._parser);
      this._parser.isClosed = true;
    }
    this._upgrading = true;
    awaitFirstRecord(this._socket, () => {
      if (this._closing || this._closed) return;
      this.#leaveHandshake = this.#server.handshakes.enter({
        begin: () => super.upgrade(callback, secureCallback),
        giveWay: () => {
          this.#reason ??= 'the handshake was not finished, and others waited';
          this.destroy();
        },
      });
    });
  }

  /** Called when TLS is up: all knowledge from before is forgotten (RFC 3207 §4.2). */
  override _resetSession(): void {
    super._resetSession();
    if (!(this._socket instanceof TLSSocket)) return;
    this.#leaveHandshake?.();
    this._socket.allowHalfOpen = true;
    const protocol = this._socket.getProtocol() ?? 'TLS';
    this.mail.beginTls({ protocol, cipher: this._socket.getCipher()?.name ?? 'unknown' });
    // Whoever shakes hands has read the 220, and everything before it.
    this.mail.service.clientSent?.(Number.MAX_SAFE_INTEGER);
    this.mail.options.journal.record({ kind: 'session', occasion: this.mail.occasion(), what: 'tls', detail: protocol });
    this.#command.restart();
  }

  /** The library's clock starts anew with each octet, so that a trickle would hold a connection for ever: ours starts with each answer. */
  override _armTimeout(socket?: Socket): void {
    // During the handshake the library knows the TLS socket alone, and this is where it shows it.
    this.#upper = socket;
    this.#command.restart();
  }

  override _onClose(): void {
    this.#command.stop();
    this.#session.stop();
    this.#overtime.stop();
    const first = !this._closed;
    super._onClose();
    if (!first) return;
    this.#leaveHandshake?.();
    this.#gone.abort();
    this.mail.close();
    clearTimeout(this.#lastCall);
    this.#server.left(this);
    if (this.isHealthCheck) return;
    const detail = this.#reason === undefined ? {} : { detail: this.#reason };
    this.mail.options.journal.record({ kind: 'session', occasion: this.mail.occasion(), what: 'closed', ...detail });
  }

  override _onError(error: Error & { code?: string | undefined }): void {
    // A client that breaks the connection is daily life; the close event does the rest.
    this.#reason ??= error.code ?? error.message;
    this.destroy();
  }

  /** The single way of a reply to the client. */
  reply(reply: Reply, receipt?: string): void {
    const panelUrl = this.mail.options.panelUrl;
    const utf8 = this.mail.transaction?.visit.context.parameters.utf8 ?? false;
    this.#write(encodeReply(reply, { receipt: receipt === undefined ? undefined : { id: receipt, panelUrl }, utf8 }));
    if (!closesConnection(reply)) return;
    if (reply.startsWith('4')) this.#reason ??= reply;
    this.close();
    if (this.#draining) this.#callLast(FAREWELL_MS);
  }

  /** Says goodbye to an idle client; one that is in a transaction ends after it. */
  drain(): void {
    this.#draining = true;
    // It was told to go already, or is in a handshake, where it cannot be told anything.
    if (this._closing || this._upgrading) {
      this.#callLast(FAREWELL_MS);
      return;
    }
    this.#takeLeave({ reply: GOING_DOWN, after: 'transaction' });
  }

  /** Cuts the client off after a while, whatever it says or does not say. */
  #callLast(afterMs: number): void {
    clearTimeout(this.#lastCall);
    this.#lastCall = setTimeout(() => this.destroy(), afterMs);
  }

  #takeLeave(farewell: Farewell): void {
    this.#farewell = farewell;
    // After the final dot the client must get its answer, whatever the hour: without it, it would send the message again.
    if (this.#busy) return;
    if (farewell.after === 'transaction' && this.mail.transaction) {
      this.#waitForTransaction();
      return;
    }
    this.reply(farewell.reply);
  }

  /** A message that is on its way is waited for as long as the server waits; a client that stands in its envelope has to go on with it. */
  #waitForTransaction(): void {
    clearTimeout(this.#lastCall);
    if (this.mail.transaction?.incoming) return;
    this.#lastCall = setTimeout(() => {
      if (!this.#busy && !this.mail.transaction?.incoming) this.reply(GOING_DOWN);
    }, DRAIN_IDLE_MS);
  }

  /** Breaks the connection: from the top, since a TLS socket whose ground is taken away takes the process with it. */
  destroy(): void {
    (this.#upper ?? this._socket).destroy();
    this._socket.destroy();
  }

  /** Nothing came for so long. While the client waits for us the silence is not the client's. */
  #onSilence(): void {
    const limit: Limit = { name: 'too-slow', reply: '421 4.4.2 nothing was said for too long' };
    if (this.#busy) this.#command.restart();
    else this.reply(limit.reply, this.mail.transaction?.incoming && recordLimit(this.mail, limit));
  }

  #objectByLimit(limit: Limit, recipient?: string): void {
    this.reply(limit.reply, recordLimit(this.mail, limit, recipient));
  }

  #write(text: string): void {
    if (this._upgrading || this._socket.destroyed || !this._socket.writable) return;
    this._socket.write(text);
  }

  #refuseSession(reply: Objection, receipt?: string): void {
    this.mail.options.journal.record({ kind: 'session', occasion: this.mail.occasion(), what: 'refused', detail: reply });
    this.#reason = reply;
    this.reply(reply, receipt);
    this.close();
  }

  #greet(): void {
    if (this._closing || this._closed) return;
    // RFC 5321 §3.1: the client waits for the greeting. Those who do not are no mail servers.
    if (this._socket.bytesRead > (this.#proxied?.headerBytes ?? 0)) {
      this.#refuseSession(this.#headerRefused() ?? '554 5.5.1 you spoke before you were greeted');
      return;
    }
    this.#greeted = true;
    this.reply(`220 ${this.mail.options.settings.hostName} ESMTP Vratny`);
  }

  /** The reply to a connection that begins with a PROXY header, where none is taken: from no proxy of ours, or behind the proxy's own. */
  #headerRefused(): Objection | undefined {
    const stream = this.#stream;
    return stream !== undefined && startsWithHeader(stream.beginning) ? headerRefused(this.remoteAddress) : undefined;
  }

  #onLine(line: Line): void | Promise<void> {
    if (!this.#greeted || this._upgrading || this._closing || this._closed) return;
    const refusal = line.from < HEADER_START_BYTES ? this.#headerRefused() : undefined;
    if (refusal !== undefined) return this.#refuseSession(refusal);
    if (!this.isHealthCheck) this.mail.recordOpening(this.#proxied?.through);
    this.mail.service.clientSent?.(line.from);
    return this.#work(() => answerLine(this.mail, line));
  }

  /** Finds out something that the client waits for, and answers. A bug in it delays, and ends nothing but itself. No promise where all is known at once. */
  #work(find: () => Answer | Promise<Answer>): void | Promise<void> {
    this.#busy = true;
    try {
      const done = runSteps(this.#answer(find));
      if (done instanceof Promise) return done.then(undefined, (error: unknown) => this.#apologise(error)).then(() => this.#endWork());
    } catch (error) {
      this.#apologise(error);
    }
    return this.#endWork();
  }

  *#answer(find: () => Answer | Promise<Answer>): Steps<void> {
    const answer = yield* wait(find());
    // Before the answer: an equal message that is sent after it is one more message.
    const settled = this.mail.service.settled?.();
    if (settled !== undefined) yield* wait(settled);
    yield* wait(this.#act(answer));
  }

  #apologise(error: unknown): void {
    this.#recordBug(error);
    this.#objectByLimit({ name: 'server-fault', reply: '451 4.3.0 this server could not go on, please try again later' }, '');
  }

  #endWork(): void | Promise<void> {
    this.#busy = false;
    if (this._closed) return;
    this.#command.restart();
    if (this.#farewell && !this._closing) this.#takeLeave(this.#farewell);
    return repliesDrained(this._socket);
  }

  #recordBug(error: unknown): void {
    const detail = describeBug(error);
    this.mail.options.journal.record({ kind: 'fault', where: 'session', detail, session: this.mail.id });
  }

  #act(answer: Answer): void | Promise<void> {
    switch (answer.kind) {
      case 'reply':
        return this.reply(answer.reply, answer.receipt);
      case 'message':
        return this.#answerMessage(answer);
      case 'lines':
        return this.#write(encodeLines(250, answer.lines));
      case 'start-tls':
        this.reply(answer.reply);
        return this.upgrade(() => undefined);
      case 'data':
        this.#stream?.receive(this.#receiver(answer.incoming, () => answer.incoming.sink.answer()));
        return this.reply(answer.reply);
      case 'chunk':
        return this.#takeChunk(answer);
      case 'goodbye':
        return this.#refuseSession(answer.reply);
    }
  }

  /** What the kernel holds of the client by now was sent before it can have read this. */
  async #answerMessage({ replies, onWritten }: MessageAnswer): Promise<void> {
    if (onWritten !== undefined) await turnOfEventLoop();
    const receivedBytes = this.#stream?.receivedBytes ?? Number.POSITIVE_INFINITY;
    for (const { reply, receipt } of replies) this.reply(reply, receipt);
    onWritten?.(receivedBytes);
  }

  /** A chunk that is larger than what would be read of it is answered before it comes. */
  #takeChunk({ sizeBytes, incoming, answer }: Extract<Answer, { kind: 'chunk' }>): void | Promise<void> {
    if (this.#isOversize(incoming.receivedBytes + sizeBytes)) return this.#refuseOversize();
    if (sizeBytes === 0) return answer().then((answered) => this.#act(answered));
    this.#stream?.receiveChunk(sizeBytes, this.#receiver(incoming, answer));
  }

  #receiver(incoming: Incoming, answer: () => Promise<Answer>): DataSink {
    const { monotonicMs, limits } = this.mail.options;
    const lookAtClock = (): void => {
      // What is beyond the limit is thrown away and buys no time.
      const bytes = Math.min(incoming.receivedBytes, limits.messageMaxBytes);
      const allowedMs = MESSAGE_MS + (bytes / MESSAGE_BYTES_PER_SECOND) * 1000;
      if (monotonicMs() - incoming.startedAtMs <= allowedMs || this._closing || this._closed) return;
      this.#objectByLimit({ name: 'too-slow', reply: '421 4.4.2 the message came too slowly' });
    };
    return {
      write: (chunk, from) => {
        this.#command.restart();
        this.mail.service.clientSent?.(from);
        incoming.receivedBytes += chunk.length;
        if (this.#isOversize(incoming.receivedBytes)) return this.#refuseOversize();
        const written = incoming.sink.write(chunk, from);
        return written instanceof Promise ? written.then(lookAtClock) : lookAtClock();
      },
      end: () => this.#work(answer),
    };
  }

  #isOversize(bytes: number): boolean {
    return bytes > OVERSIZE_FACTOR * this.mail.options.limits.messageMaxBytes;
  }

  #refuseOversize(): void {
    const limit = tooLarge(this.mail.options.limits.messageMaxBytes, ' by far');
    this.#refuseSession(limit.reply, recordLimit(this.mail, limit));
  }
}
