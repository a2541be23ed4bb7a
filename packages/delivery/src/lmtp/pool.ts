import {
  type ClientConnection,
  type Conversation,
  ConversationFault,
  connectTo,
  describeFault,
  nameServer,
  openConversation,
  type ServerAddress,
} from '@vratny/client';
import { type Cancellation, createWaitingList, type NoTurn, type WaitingList, withDeadline } from '@vratny/waiting';
import { CONNECTION_AGE_MS, type Deadlines, SUSPECT_MS, WAITING_MAX } from './limits.ts';

/** How the server is spoken to: a store, or one that sends the message on. */
export type Protocol = 'lmtp' | 'smtp';

/** Options of a {@link Pool}. */
export interface PoolOptions {
  readonly server: ServerAddress;
  readonly protocol: Protocol;
  /** Of this node, for the hello. */
  readonly hostName: string;
  /** Connections at once, unused ones included. */
  readonly connectionsMax: number;
  readonly deadlines: Deadlines;
  readonly now: () => Date;
}

/** A connection that is in use until it is released. */
export interface Loan extends Conversation {
  /** True when the connection was used before. The server may have closed it meanwhile. */
  readonly reused: boolean;
  /**
   * Returns the connection to the pool when no reply is outstanding, and closes it otherwise. Further calls do nothing.
   */
  release(): void;
}

interface Member extends Conversation {
  readonly openedAt: number;
  /** Of `performance.now()`: when the connection was released. */
  unusedSince: number;
}

/** The connections to one server. The first one is opened when it is needed. */
export class Pool {
  readonly name: string;
  readonly #options: PoolOptions;
  readonly #unused: Member[] = [];
  readonly #inUse = new Set<ClientConnection>();
  /** What waits for a connection. An item is a connection, or undefined: the right to open one. */
  readonly #waiting: WaitingList<Member | undefined>;
  readonly #drained = Promise.withResolvers<void>();
  /** Connections that are open or being opened, and rights to open one that were given to a waiting caller. */
  #places = 0;
  /** One timer for all unused connections. */
  #idleTimer: NodeJS.Timeout | undefined;
  #suspectUntil = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.name = nameServer(options.server);
    this.#options = options;
    this.#waiting = createWaitingList({ waitingMax: WAITING_MAX, waitingMs: options.deadlines.queueMs });
  }

  /** True for {@link SUSPECT_MS} after a failure of the server. */
  get suspect(): boolean {
    return this.#suspectUntil > this.#options.now().getTime();
  }

  /** Records a failure of the server. */
  markFailed(): void {
    this.#suspectUntil = this.#options.now().getTime() + SUSPECT_MS;
  }

  /**
   * Gives a connection; callers that wait are served in order. `fresh`: unused connections are closed and a new one is
   * opened. Rejects with {@link ConversationFault}.
   */
  async borrow(signal: Cancellation, fresh = false): Promise<Loan> {
    if (this.#closed) throw new ConversationFault('ended', `${this.name}: closed`);
    if (fresh) this.#retireUnused();
    // The most recently used one, so that the others become idle and are closed.
    const member = this.#unused.pop();
    if (member !== undefined) return this.#lend(member, true);
    if (this.#places < this.#options.connectionsMax) this.#places += 1;
    else {
      const waited = await this.#waiting.wait(signal);
      if (waited.kind !== 'served') throw this.#noTurn(waited.kind);
      if (waited.item !== undefined) return this.#lend(waited.item, true);
    }
    return this.#lend(await this.#open(signal), false);
  }

  /** Closes unused connections and gives no more out. Those in use have up to `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#waiting.close();
    this.#retireUnused();
    if (this.#places === 0) return;
    await withDeadline(this.#drained.promise, graceMs, () => {
      for (const connection of this.#inUse) connection.destroy();
    });
  }

  #noTurn(kind: NoTurn): ConversationFault {
    switch (kind) {
      case 'full':
        return new ConversationFault('lost', `${this.name}: too many deliveries wait for a connection`);
      case 'late':
        return new ConversationFault('lost', `${this.name}: no connection was free within ${this.#options.deadlines.queueMs / 1_000} s`);
      case 'aborted':
        return new ConversationFault('ended', `${this.name}: ended before a connection was free`);
      case 'closed':
        return new ConversationFault('ended', `${this.name}: closed`);
    }
  }

  async #open(signal: Cancellation): Promise<Member> {
    const { server, protocol, hostName, deadlines, now } = this.#options;
    const hello = protocol === 'lmtp' ? 'LHLO' : 'EHLO';
    let member: Member | undefined;
    const onBroken = () => {
      if (member !== undefined && this.#forgetUnused(member)) this.#freePlace();
    };
    try {
      if (signal.aborted) throw new ConversationFault('ended', `${this.name}: given up before it was connected`);
      const stream = connectTo(server);
      const { connectMs, greetingMs } = deadlines;
      const opened = await openConversation({ stream, name: this.name, hello, hostName, connectMs, greetingMs, signal, onBroken });
      this.#suspectUntil = 0;
      member = { ...opened, openedAt: now().getTime(), unusedSince: 0 };
      return member;
    } catch (error) {
      if (error instanceof ConversationFault && error.kind !== 'ended') this.markFailed();
      this.#freePlace();
      throw error;
    }
  }

  #lend(member: Member, reused: boolean): Loan {
    const { connection, features } = member;
    this.#inUse.add(connection);
    let given = false;
    const release = () => {
      if (!given) this.#giveBack(member);
      given = true;
    };
    return { connection, features, reused, release };
  }

  #giveBack(member: Member): void {
    const { connection } = member;
    this.#inUse.delete(connection);
    connection.endStep();
    if (connection.idle && !this.#closed && !this.#isOld(member)) {
      if (!this.#waiting.serve(member)) this.#keep(member);
      return;
    }
    if (connection.idle) connection.quit();
    else connection.destroy();
    this.#freePlace();
  }

  #isOld(member: Member): boolean {
    // The difference is negative when the clock was set back.
    return Math.abs(this.#options.now().getTime() - member.openedAt) > CONNECTION_AGE_MS;
  }

  #keep(member: Member): void {
    member.unusedSince = performance.now();
    this.#unused.push(member);
    this.#idleTimer ??= setTimeout(() => this.#retireIdle(), this.#options.deadlines.idleMs);
  }

  /** Closes connections that have been unused for `idleMs`, and sets the timer for the next one. */
  #retireIdle(): void {
    this.#idleTimer = undefined;
    const { idleMs } = this.#options.deadlines;
    const now = performance.now();
    // A timer may fire a part of a millisecond early.
    for (const member of this.#unused.filter(({ unusedSince }) => now - unusedSince >= idleMs - 1)) this.#retire(member);
    const oldest = Math.min(...this.#unused.map(({ unusedSince }) => unusedSince));
    if (Number.isFinite(oldest)) this.#idleTimer = setTimeout(() => this.#retireIdle(), Math.ceil(oldest + idleMs - now));
  }

  #retireUnused(): void {
    for (const member of [...this.#unused]) this.#retire(member);
  }

  #retire(member: Member): void {
    if (!this.#forgetUnused(member)) return;
    member.connection.quit();
    this.#freePlace();
  }

  /** Removes a connection from the unused ones. False when it is not one of them. */
  #forgetUnused(member: Member): boolean {
    const at = this.#unused.indexOf(member);
    if (at === -1) return false;
    this.#unused.splice(at, 1);
    if (this.#unused.length === 0) {
      clearTimeout(this.#idleTimer);
      this.#idleTimer = undefined;
    }
    return true;
  }

  #freePlace(): void {
    if (!this.#closed && this.#waiting.serve(undefined)) return;
    this.#places -= 1;
    if (this.#closed && this.#places === 0) this.#drained.resolve();
  }
}

/**
 * Runs `work` on a connection to the first server that has not failed recently, then to the next ones; servers that
 * failed recently come last. The server may have closed a reused connection, so a failure on one is tried again on a
 * fresh connection to the same server. Rejects with the last {@link ConversationFault}, whose text names all; at once
 * when the delivery was ended.
 */
export async function tryServers<Result>(
  pools: readonly Pool[],
  signal: Cancellation,
  work: (loan: Loan) => Promise<Result>,
): Promise<Result> {
  const failures: string[] = [];
  const order = pools.length === 1 ? pools : [...pools.filter((one) => !one.suspect), ...pools.filter((one) => one.suspect)];
  for (const pool of order) {
    for (const fresh of [false, true]) {
      let reused = false;
      try {
        const loan = await pool.borrow(signal, fresh);
        reused = loan.reused;
        try {
          return await work(loan);
        } finally {
          loan.release();
        }
      } catch (error) {
        if (signal.aborted || !(error instanceof ConversationFault) || error.kind === 'ended') throw error;
        failures.push(describeFault(error));
      }
      if (!reused || fresh) {
        pool.markFailed();
        break;
      }
    }
  }
  throw new ConversationFault('lost', [...new Set(failures)].join('; ') || 'no server is configured');
}
