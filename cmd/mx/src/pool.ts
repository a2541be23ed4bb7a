import type { Socket } from 'node:net';
import { createCrowd } from './crowd.ts';
import type { Flags } from './flags.ts';
import { OLD_AGE_MS, RESTART_MAX_MS, RESTART_MS, UNDER_WAY_MAX, WAITING_MAX } from './limits.ts';
import type { SiteText } from './messages.ts';
import type { TlsHandout } from './tls-keeper.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** What a pool is made with. */
export interface PoolOptions {
  readonly flags: Flags;
  readonly site: SiteText;
  readonly perIpMax: number;
  /** What workers show by STARTTLS now; undefined without certificates. */
  readonly tls: () => TlsHandout | undefined;
  /** A worker died, or could not be replaced. */
  readonly onLoss: (detail: string) => void;
}

/** The workers: as many as were asked for, replaced when they die. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #crowd;
  readonly #serving: WorkerProcess[] = [];
  /** Clients that came while no worker served. */
  readonly #waiting: Socket[] = [];
  /** Workers that were told to go and still finish their messages. */
  readonly #leaving = new Set<Promise<void>>();
  #site: SiteText;
  #starting = 0;
  #stopping = false;
  #failures = 0;
  #turn = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#site = options.site;
    this.#crowd = createCrowd(options.perIpMax);
  }

  /** Starts all workers. @throws StartProblem when one cannot serve */
  async start(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.flags.workers }, () => this.#add()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Tells all workers of changed certificates or ticket keys. */
  tellTls(): void {
    const tls = this.#options.tls();
    if (tls !== undefined) for (const worker of this.#serving) worker.tellTls(tls);
  }

  /** Hands a client to the next worker in turn; it waits while there is none, and is turned away where there is no room. */
  give(socket: Socket): void {
    this.#turn += 1;
    const worker = this.#serving[this.#turn % Math.max(1, this.#serving.length)];
    if (worker && worker.undelivered().size < UNDER_WAY_MAX) worker.give(socket);
    else if (!worker && !this.#stopping && this.#waiting.length < WAITING_MAX) this.#waiting.push(socket);
    else socket.destroy();
  }

  /** Replaces workers one by one by such with another site file; false when a new one did not come up. */
  async roll(site: SiteText, perIpMax: number): Promise<boolean> {
    // Those of the last roll go first: a site file that changes every second must not fill the machine with workers.
    await Promise.all(this.#leaving);
    const before = this.#site;
    this.#site = site;
    for (const old of [...this.#serving]) {
      if (this.#stopping) return false;
      try {
        await this.#add();
      } catch (error) {
        this.#options.onLoss(didNotStart(error));
        this.#site = before;
        // One that died meanwhile was not replaced, because this one was on its way.
        if (this.#lacks()) this.#replaceLater();
        return false;
      }
      if (this.#remove(old)) this.#leave(old);
    }
    if (this.#crowd.setMax(perIpMax)) this.#tellCrowded();
    return true;
  }

  /** Ends all workers after their running messages. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    for (const worker of this.#serving.splice(0)) this.#leave(worker);
    await Promise.all(this.#leaving);
  }

  #leave(worker: WorkerProcess): void {
    const left = worker.drain().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  async #add(): Promise<void> {
    const tls = this.#options.tls();
    const worker = await this.#startWorker(tls);
    const bornAt = performance.now();
    worker.onClients((counts) => {
      if (this.#crowd.note(worker.id, counts)) this.#tellCrowded();
    });
    void worker.gone.then((why) => this.#lost(worker, why, performance.now() - bornAt));
    if (this.#stopping) return worker.drain();
    this.#serving.push(worker);
    worker.tellCrowded(this.#crowd.ips);
    // Something may have changed while it started.
    const tlsNow = this.#options.tls();
    if (tlsNow !== undefined && JSON.stringify(tlsNow) !== JSON.stringify(tls)) worker.tellTls(tlsNow);
    for (const socket of this.#waiting.splice(0)) this.give(socket);
  }

  async #startWorker(tls: TlsHandout | undefined): Promise<WorkerProcess> {
    this.#starting += 1;
    try {
      return await startWorker(this.#options.flags, this.#site, tls);
    } finally {
      this.#starting -= 1;
    }
  }

  /** True when fewer workers serve, or will, than were asked for. */
  #lacks(): boolean {
    return !this.#stopping && this.#serving.length + this.#starting < this.#options.flags.workers;
  }

  #lost(worker: WorkerProcess, why: string, ageMs: number): void {
    if (this.#crowd.forget(worker.id)) this.#tellCrowded();
    const served = this.#remove(worker);
    for (const socket of worker.undelivered()) this.give(socket);
    // One that was told to go had been taken out before.
    if (!served || this.#stopping) return;
    this.#options.onLoss(`worker ${worker.id} is gone: ${why}`);
    this.#failures = ageMs > OLD_AGE_MS ? 0 : this.#failures + 1;
    this.#replaceLater();
  }

  #replaceLater(): void {
    // The first death costs no time: clients are waiting.
    const afterMs = this.#failures <= 1 ? 0 : Math.min(RESTART_MS * 2 ** (this.#failures - 2), RESTART_MAX_MS);
    setTimeout(() => void this.#replace(), afterMs);
  }

  async #replace(): Promise<void> {
    if (!this.#lacks()) return;
    try {
      await this.#add();
    } catch (error) {
      this.#failures += 1;
      this.#options.onLoss(didNotStart(error));
      this.#replaceLater();
    }
  }

  #remove(worker: WorkerProcess): boolean {
    const at = this.#serving.indexOf(worker);
    if (at !== -1) this.#serving.splice(at, 1);
    return at !== -1;
  }

  #tellCrowded(): void {
    for (const worker of this.#serving) worker.tellCrowded(this.#crowd.ips);
  }
}

function didNotStart(error: unknown): string {
  return `a new worker did not start: ${error instanceof Error ? error.message : String(error)}`;
}
