import { type Cancellation, createWaitingList, type NoTurn, type WaitingList, withDeadline } from '@vratny/waiting';
import type { LmtpConnection } from './connection.ts';
import { LmtpFault } from './fault.ts';
import { CONNECTION_AGE_MS, type Deadlines, SUSPECT_MS, WAITING_MAX } from './limits.ts';
import { type OpenConnection, openConnection } from './open-connection.ts';
import { type LmtpServer, nameServer } from './server-address.ts';

/** What a pool needs to know. */
export interface PoolOptions {
  readonly server: LmtpServer;
  /** Of this node, for LHLO. */
  readonly hostName: string;
  /** Connections at once, unused ones included. */
  readonly connectionsMax: number;
  readonly deadlines: Deadlines;
  readonly now: () => Date;
}

/** The right to use a connection until it is given back. */
export interface Loan extends OpenConnection {
  /** True when it has served before: then the server may have closed it meanwhile. */
  readonly reused: boolean;
  /** Gives it back, once: it is kept when nothing is outstanding on it, else closed. */
  release(): void;
}

interface Member extends OpenConnection {
  readonly openedAt: number;
  idleTimer?: NodeJS.Timeout;
}

/** The connections to one server. Nothing is opened before somebody asks. */
export class Pool {
  readonly name: string;
  readonly #options: PoolOptions;
  readonly #unused: Member[] = [];
  readonly #inUse = new Set<LmtpConnection>();
  /** A turn is a connection, or the right to open one. */
  readonly #waiting: WaitingList<Member | undefined>;
  readonly #drained = Promise.withResolvers<void>();
  /** Connections that are open, being opened, or may be opened by whom the turn was given to. */
  #places = 0;
  #suspectUntil = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.name = nameServer(options.server);
    this.#options = options;
    this.#waiting = createWaitingList({ waitingMax: WAITING_MAX, waitingMs: options.deadlines.queueMs });
  }

  /** True while the server failed a moment ago. */
  get suspect(): boolean {
    return this.#suspectUntil > this.#options.now().getTime();
  }

  /** Says that the server failed. */
  blame(): void {
    this.#suspectUntil = this.#options.now().getTime() + SUSPECT_MS;
  }

  /** A connection, in the order of asking. `fresh`: unused ones are not trusted any more. Rejects with {@link LmtpFault}. */
  async borrow(signal: Cancellation, fresh = false): Promise<Loan> {
    if (this.#closed) throw new LmtpFault('ended', `${this.name}: closed`);
    if (fresh) this.#retireUnused();
    // The one used last: the others grow old, and the pool shrinks when it is quiet.
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

  /** Closes unused connections, lends no more, and gives those in use up to `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#waiting.close();
    this.#retireUnused();
    if (this.#places === 0) return;
    await withDeadline(this.#drained.promise, graceMs, () => {
      for (const connection of this.#inUse) connection.destroy();
    });
  }

  #noTurn(kind: NoTurn): LmtpFault {
    switch (kind) {
      case 'full':
        return new LmtpFault('lost', `${this.name}: too many deliveries wait for a connection`);
      case 'late':
        return new LmtpFault('lost', `${this.name}: no connection was free within ${this.#options.deadlines.queueMs / 1_000} s`);
      case 'aborted':
        return new LmtpFault('ended', `${this.name}: ended before a connection was free`);
      case 'closed':
        return new LmtpFault('ended', `${this.name}: closed`);
    }
  }

  async #open(signal: Cancellation): Promise<Member> {
    const { server, hostName, deadlines, now } = this.#options;
    let member: Member | undefined;
    const onBroken = () => {
      if (member !== undefined && this.#forgetUnused(member)) this.#freePlace();
    };
    try {
      const opened = await openConnection({ server, hostName, deadlines, signal, onBroken });
      this.#suspectUntil = 0;
      member = { ...opened, openedAt: now().getTime() };
      return member;
    } catch (error) {
      if (error instanceof LmtpFault && error.kind !== 'ended') this.blame();
      this.#freePlace();
      throw error;
    }
  }

  #lend(member: Member, reused: boolean): Loan {
    const { connection, features } = member;
    clearTimeout(member.idleTimer);
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
    // Also when the clock was set back.
    return Math.abs(this.#options.now().getTime() - member.openedAt) > CONNECTION_AGE_MS;
  }

  #keep(member: Member): void {
    this.#unused.push(member);
    member.idleTimer = setTimeout(() => this.#retire(member), this.#options.deadlines.idleMs);
  }

  #retireUnused(): void {
    for (const member of [...this.#unused]) this.#retire(member);
  }

  #retire(member: Member): void {
    if (!this.#forgetUnused(member)) return;
    member.connection.quit();
    this.#freePlace();
  }

  /** False when it is not among them. */
  #forgetUnused(member: Member): boolean {
    const at = this.#unused.indexOf(member);
    if (at === -1) return false;
    clearTimeout(member.idleTimer);
    this.#unused.splice(at, 1);
    return true;
  }

  #freePlace(): void {
    if (!this.#closed && this.#waiting.serve(undefined)) return;
    this.#places -= 1;
    if (this.#closed && this.#places === 0) this.#drained.resolve();
  }
}
