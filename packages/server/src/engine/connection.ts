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
import { COMMAND_MS, CUT_OFF_MS, DRAIN_IDLE_MS, MESSAGE_BYTES_PER_SECOND, MESSAGE_MS, OVERSIZE_FACTOR, SESSION_MS } from '../limits.ts';
import { tooLarge } from '../message/receive.ts';
import { HEADER_START_BYTES, headerRefused, type ProxiedClient, startsWithHeader } from '../proxy/read-header.ts';
import { type Limit, recordLimit } from '../record-judgement.ts';
import type { ServerOptions } from '../server-options.ts';
import { Session, type SharedBySessions } from '../session.ts';
import { awaitFirstRecord } from '../tls/first-record.ts';
import type { HandshakeLimiter } from '../tls/handshake-limiter.ts';
import { createDeadline } from './deadline.ts';
import { repliesDrained } from './drained.ts';
import { type DataSink, type Line, MxStream } from './stream.ts';

const SESSION_TOO_LONG: Delay = '421 4.4.2 this session has lasted long enough, please connect again';
const GOING_DOWN: Delay = '421 4.3.2 this node is going down, please connect again';

/** Values that the library would otherwise ask the system for. They are not used. */
const NOT_LOOKED_UP = { id: '-', localAddress: '-', localPort: 1 } as const;

/** Where a connection comes from, when that is not the peer of its socket. */
export interface ConnectionSource {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly proxied?: ProxiedClient;
}

/** The server that a connection belongs to: what all its sessions share. */
interface ConnectionServer extends SMTPServer {
  readonly mx: ServerOptions;
  readonly shared: SharedBySessions;
  readonly handshakes: HandshakeLimiter;
  /** The client is gone. */
  left(connection: MxConnection): void;
}

/** A 421 that is sent after the current reply, or after the current transaction. */
interface SessionEnd {
  readonly reply: Delay;
  readonly after: 'answer' | 'transaction';
}

/** One client's connection on the library's. Every reply goes through {@link MxConnection.reply}. */
export class MxConnection extends SMTPConnection {
  readonly #server: ConnectionServer;
  readonly mail: Session;
  readonly #gone = createCanceller();
  readonly #command = createDeadline(COMMAND_MS, () => this.#onSilence());
  readonly #session = createDeadline(SESSION_MS, () => {
    this.#endSession({ reply: SESSION_TOO_LONG, after: this.mail.owesDelivery ? 'transaction' : 'answer' });
    if (!this._closing) this.#extension.restart();
  });
  /** Bounds how long a message for accepted recipients may take beyond the end of the session. */
  readonly #extension = createDeadline(MESSAGE_MS, () => this.#endSession({ reply: SESSION_TOO_LONG, after: 'answer' }));
  readonly #proxied: ProxiedClient | undefined;
  #destroyTimer: NodeJS.Timeout | undefined;
  #draining = false;
  #greeted = false;
  /** A command or message is being processed. */
  #busy = false;
  #tlsSocket: Socket | undefined;
  /** Tells the limiter that the handshake has ended. */
  #leaveHandshake: (() => void) | undefined;
  #sessionEnd: SessionEnd | undefined;
  /** Why the connection ends; undefined after QUIT. */
  #reason: string | undefined;

  constructor(server: ConnectionServer, socket: Socket, { proxied, ...options }: ConnectionSource) {
    super(server, socket, { ...NOT_LOOKED_UP, ...options });
    this.#server = server;
    this.#proxied = proxied;
    const client = { ip: this.remoteAddress, port: this.remotePort };
    this.mail = new Session(server.mx, { ...server.shared, client, gone: this.#gone.signal });
  }

  /** Overrides the library's, which pauses before the greeting. */
  override init(): void {
    this._setListeners(() => {
      if (!this.isHealthCheck) startFacts(this.mail.options.policy, this.mail.visit);
      this.#session.restart();
      // Two turns of the event loop read what the client sent before the greeting, without delaying other clients.
      setImmediate(() => setImmediate(() => this.#greet()));
    });
  }

  /** The health check of a proxy: it is not judged and not journalled. */
  get isHealthCheck(): boolean {
    return this.#proxied?.local ?? false;
  }

  override _createParser(): SMTPStream {
    const stream = new MxStream({ onLine: (line) => this.#onLine(line), onEnd: () => this.close() });
    stream.on('error', (error: Error) => {
      this.#recordBug(error);
      this.destroy();
    });
    // The library pipes the socket into it and marks it as closed (see library.contract.test.ts).
    return stream as unknown as SMTPStream;
  }

  get #stream(): MxStream | undefined {
    const parser: unknown = this._parser;
    return parser instanceof MxStream ? parser : undefined;
  }

  /** Replies of the library come here; none of its texts is sent (see `library.contract.test.ts`). */
  override send(code: number, _data?: string | string[] | null): void {
    this.reply(
      code === 421 ? '421 4.3.2 this server closes the connection' : '451 4.3.0 this server could not go on, please try again later',
    );
  }

  override upgrade(callback: () => void, secureCallback?: () => void): void {
    // TLS cannot continue when the client closes its side during the handshake.
    this._socket.allowHalfOpen = false;
    // Plain text after STARTTLS is dropped with the parser; the library makes a new one.
    if (this._parser) {
      this._socket.unpipe(this._parser);
      this._parser.isClosed = true;
    }
    this._upgrading = true;
    awaitFirstRecord(this._socket, () => {
      if (this._closing || this._closed) return;
      this.#leaveHandshake = this.#server.handshakes.admit({
        begin: () => super.upgrade(callback, secureCallback),
        cancel: () => {
          this.#reason ??= 'the handshake was not finished, and others waited';
          this.destroy();
        },
      });
    });
  }

  /** Called when TLS is established: the session starts anew (RFC 3207 §4.2). */
  override _resetSession(): void {
    super._resetSession();
    if (!(this._socket instanceof TLSSocket)) return;
    this.#leaveHandshake?.();
    this._socket.allowHalfOpen = true;
    const protocol = this._socket.getProtocol() ?? 'TLS';
    this.mail.beginTls({ protocol, cipher: this._socket.getCipher()?.name ?? 'unknown' });
    // A client that completes the handshake has read the 220 and everything before it.
    this.mail.service.clientSent?.(Number.MAX_SAFE_INTEGER);
    this.mail.options.journal.record({ kind: 'session', occasion: this.mail.occasion(), what: 'tls', detail: protocol });
    this.#command.restart();
  }

  /**
   * The library's timeout restarts with each octet, so a slow client could stay for ever; this one restarts per reply.
   */
  override _armTimeout(socket?: Socket): void {
    // During the handshake the library passes the TLS socket here.
    this.#tlsSocket = socket;
    this.#command.restart();
  }

  override _onClose(): void {
    this.#command.stop();
    this.#session.stop();
    this.#extension.stop();
    const first = !this._closed;
    super._onClose();
    if (!first) return;
    this.#leaveHandshake?.();
    this.#gone.abort();
    this.mail.close();
    clearTimeout(this.#destroyTimer);
    this.#server.left(this);
    if (this.isHealthCheck) return;
    const detail = this.#reason === undefined ? {} : { detail: this.#reason };
    this.mail.options.journal.record({ kind: 'session', occasion: this.mail.occasion(), what: 'closed', ...detail });
  }

  override _onError(error: Error & { code?: string | undefined }): void {
    // A broken connection is normal; the close event follows.
    this.#reason ??= error.code ?? error.message;
    this.destroy();
  }

  /** Sends a reply. Nothing else does. */
  reply(reply: Reply, receipt?: string): void {
    const panelUrl = this.mail.options.panelUrl;
    const utf8 = this.mail.transaction?.visit.context.parameters.utf8 ?? false;
    this.#write(encodeReply(reply, { receipt: receipt === undefined ? undefined : { id: receipt, panelUrl }, utf8 }));
    if (!closesConnection(reply)) return;
    if (reply.startsWith('4')) this.#reason ??= reply;
    this.close();
    if (this.#draining) this.#destroyAfter(CUT_OFF_MS);
  }

  /** Closes an idle connection with 421, and others after their transaction. */
  drain(): void {
    this.#draining = true;
    // It is being closed, or is in a handshake, where no reply can be sent.
    if (this._closing || this._upgrading) {
      this.#destroyAfter(CUT_OFF_MS);
      return;
    }
    this.#endSession({ reply: GOING_DOWN, after: 'transaction' });
  }

  /** Destroys the connection after a while, whatever the client does. */
  #destroyAfter(afterMs: number): void {
    clearTimeout(this.#destroyTimer);
    this.#destroyTimer = setTimeout(() => this.destroy(), afterMs);
  }

  #endSession(end: SessionEnd): void {
    this.#sessionEnd = end;
    // After the final dot the reply must be sent: without it the client would send the message again.
    if (this.#busy) return;
    if (end.after === 'transaction' && this.mail.transaction) {
      this.#waitForTransaction();
      return;
    }
    this.reply(end.reply);
  }

  /** Waits for a message that is being received; between two commands the client has {@link DRAIN_IDLE_MS}. */
  #waitForTransaction(): void {
    clearTimeout(this.#destroyTimer);
    if (this.mail.transaction?.incoming) return;
    this.#destroyTimer = setTimeout(() => {
      if (!this.#busy && !this.mail.transaction?.incoming) this.reply(GOING_DOWN);
    }, DRAIN_IDLE_MS);
  }

  /** Destroys the TLS socket first: an error on the socket below it would end the process. */
  destroy(): void {
    (this.#tlsSocket ?? this._socket).destroy();
    this._socket.destroy();
  }

  /** The client sent nothing for {@link COMMAND_MS}. It is not at fault while it waits for a reply. */
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
    // RFC 5321 §3.1: the client waits for the greeting. Clients that do not are no mail servers.
    if (this._socket.bytesRead > (this.#proxied?.headerBytes ?? 0)) {
      this.#refuseSession(this.#headerRefused() ?? '554 5.5.1 you spoke before you were greeted');
      return;
    }
    this.#greeted = true;
    this.reply(`220 ${this.mail.options.settings.hostName} ESMTP Vratny`);
  }

  /** The reply to a PROXY header, where none is accepted. */
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

  /** Answers what `find` gives. An exception becomes a 451. Synchronous when `find` is. */
  #work(find: () => Answer | Promise<Answer>): void | Promise<void> {
    this.#busy = true;
    try {
      const done = runSteps(this.#answer(find));
      if (done instanceof Promise) return done.then(undefined, (error: unknown) => this.#answerBug(error)).then(() => this.#endWork());
    } catch (error) {
      this.#answerBug(error);
    }
    return this.#endWork();
  }

  *#answer(find: () => Answer | Promise<Answer>): Steps<void> {
    const answer = yield* wait(find());
    // Before the reply: an equal message that the client sends after it is another message.
    const settled = this.mail.service.settled?.();
    if (settled !== undefined) yield* wait(settled);
    yield* wait(this.#act(answer));
  }

  #answerBug(error: unknown): void {
    this.#recordBug(error);
    this.#objectByLimit({ name: 'server-fault', reply: '451 4.3.0 this server could not go on, please try again later' }, '');
  }

  #endWork(): void | Promise<void> {
    this.#busy = false;
    if (this._closed) return;
    this.#command.restart();
    if (this.#sessionEnd && !this._closing) this.#endSession(this.#sessionEnd);
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
      case 'end-session':
        return this.#refuseSession(answer.reply);
    }
  }

  /** Input that the kernel holds by now was sent before the client can have read the reply. */
  async #answerMessage({ replies, onWritten }: MessageAnswer): Promise<void> {
    if (onWritten !== undefined) await turnOfEventLoop();
    const receivedBytes = this.#stream?.receivedBytes ?? Number.POSITIVE_INFINITY;
    for (const { reply, receipt } of replies) this.reply(reply, receipt);
    onWritten?.(receivedBytes);
  }

  /** An oversize chunk is refused before it is received. */
  #takeChunk({ sizeBytes, incoming, answer }: Extract<Answer, { kind: 'chunk' }>): void | Promise<void> {
    if (this.#isOversize(incoming.receivedBytes + sizeBytes)) return this.#refuseOversize();
    if (sizeBytes === 0) return answer().then((answered) => this.#act(answered));
    this.#stream?.receiveChunk(sizeBytes, this.#receiver(incoming, answer));
  }

  #receiver(incoming: Incoming, answer: () => Promise<Answer>): DataSink {
    const { monotonicMs, limits } = this.mail.options;
    const lookAtClock = (): void => {
      // Octets beyond the limit are dropped and allow no more time.
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
