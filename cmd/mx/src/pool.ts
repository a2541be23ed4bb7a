import { type ChildProcess, fork } from 'node:child_process';
import { StartProblem } from '@vratny/adapters';
import { describeError } from '@vratny/text';
import { onAbort } from '@vratny/waiting';
import { launchWithoutCapabilities } from './capabilities.ts';
import type { Flags } from './flags.ts';
import { BEAT_MS, OLD_AGE_MS, READY_MS, RESTART_MAX_MS, RESTART_MS, SILENT_BEATS, STOP_MS, YOUNG_SEMI_SPACE_MIB } from './limits.ts';
import type { Deaths, ScannerName, SiteText, ToPrimary, ToWorker } from './messages.ts';
import { launchOf, nodeOptionsOf } from './self.ts';
import { HostShares } from './shares/host-shares.ts';
import { type LimitsOfHost, limitsOfHost } from './shares/limits-of-host.ts';
import { readSiteText } from './site-text.ts';
import type { TlsHandout } from './tls-keeper.ts';
import { describeActivity, openActivityFile, type Underway } from './watch/activity-file.ts';
import { countInState, DeathBook } from './watch/deaths.ts';
import { createSilenceWatch } from './watch/silence.ts';

/** What a pool is made with. */
interface PoolOptions {
  readonly flags: Flags;
  readonly site: SiteText;
  /** Where workers send what the history is to keep. */
  readonly historySocket: string;
  /** What workers show by STARTTLS now; undefined without certificates. */
  readonly tls: () => TlsHandout | undefined;
  /** Bound sockets. */
  readonly sockets: readonly number[];
  /** A worker died, or could not be replaced. */
  readonly onLoss: (detail: string) => void;
  /** A worker hangs and is replaced. */
  readonly onSilence: (detail: string) => void;
  /** A worker has something to write down. */
  readonly onFault: (fault: Extract<ToPrimary, { kind: 'fault' }>['fault']) => void;
  /** A worker stored messages. */
  readonly onUsage: (changes: Extract<ToPrimary, { kind: 'usage' }>['changes']) => void;
  /** A worker has mail for a domain whose DNS somebody should look at. */
  readonly onLook: (domain: Extract<ToPrimary, { kind: 'look' }>['domain']) => void;
  /** A worker dropped what the history should have had. */
  readonly onDropped: (dropped: Extract<ToPrimary, { kind: 'dropped' }>['dropped']) => void;
}

/** The workers: as many as were asked for, watched, and replaced when they die or hang. They accept their clients themselves. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #shares: HostShares;
  readonly #deaths: DeathBook;
  readonly #silence = createSilenceWatch<WorkerProcess>(() => performance.now());
  readonly #serving: WorkerProcess[] = [];
  /** Workers that were told to go and still finish their messages. */
  readonly #leaving = new Set<Promise<void>>();
  /** All that live, by their id: those that serve, and those that leave. */
  readonly #living = new Map<number, WorkerProcess>();
  readonly #stopped = new AbortController();
  readonly #looking: NodeJS.Timeout;
  #site: SiteText;
  #starting = 0;
  #failures = 0;
  #scanners: readonly ScannerName[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#site = options.site;
    this.#shares = new HostShares(this.#limitsOf(options.site));
    this.#deaths = new DeathBook((sha256) => countInState(readSiteText(this.#site), sha256), Date.now);
    this.#looking = setInterval(() => this.#look(), BEAT_MS);
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

  /** The scanners that the policy of the workers asks; none before the first of them serves. */
  get scanners(): readonly ScannerName[] {
    return this.#scanners;
  }

  /** Tells all workers of changed certificates or ticket keys. */
  tellTls(): void {
    const tls = this.#options.tls();
    if (tls !== undefined) for (const worker of this.#serving) worker.tell({ kind: 'tls', tls });
  }

  /** Replaces workers one by one by such with another site file; false when a new one did not come up. */
  async roll(site: SiteText): Promise<boolean> {
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
    this.#shares.setLimits(this.#limitsOf(site));
    return true;
  }

  /** Ends all workers after their running messages; those that do not serve yet, at once. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const worker of this.#serving.splice(0)) this.#leave(worker);
    await Promise.all(this.#leaving);
    clearInterval(this.#looking);
  }

  get #stopping(): boolean {
    return this.#stopped.signal.aborted;
  }

  #limitsOf(site: SiteText): LimitsOfHost {
    return limitsOfHost(readSiteText(site), this.#options.flags.workers);
  }

  #leave(worker: WorkerProcess): void {
    const left = worker.drain().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  async #add(): Promise<void> {
    const tls = this.#options.tls();
    const worker = await this.#startWorker(tls);
    const bornAt = performance.now();
    this.#silence.add(worker);
    void worker.gone.then((end) => this.#lost(worker, end, performance.now() - bornAt));
    if (this.#stopping) return worker.drain();
    this.#serving.push(worker);
    // Something may have changed while it started.
    worker.tell({ kind: 'deaths', deaths: this.#deaths.list() });
    const tlsNow = this.#options.tls();
    if (tlsNow !== undefined && JSON.stringify(tlsNow) !== JSON.stringify(tls)) worker.tell({ kind: 'tls', tls: tlsNow });
  }

  async #startWorker(tls: TlsHandout | undefined): Promise<WorkerProcess> {
    this.#starting += 1;
    try {
      const { flags, sockets, historySocket } = this.#options;
      const hear = (worker: WorkerProcess, message: ToPrimary) => this.#hear(worker, message);
      const start = { flags, site: this.#site, deaths: this.#deaths.list(), historySocket, tls, sockets, hear };
      return await startWorker(start, this.#stopped.signal);
    } finally {
      this.#starting -= 1;
    }
  }

  #hear(worker: WorkerProcess, message: ToPrimary): void {
    if (!this.#living.has(worker.id)) this.#meet(worker);
    this.#silence.heard(worker);
    if (message.kind === 'ready') this.#scanners = message.scanners;
    if (message.kind === 'fault') this.#options.onFault(message.fault);
    if (message.kind === 'usage') this.#options.onUsage(message.changes);
    if (message.kind === 'look') this.#options.onLook(message.domain);
    if (message.kind === 'dropped') this.#options.onDropped(message.dropped);
    if (message.kind === 'shares') this.#answerShares(worker, message);
    if (message.kind !== 'cleared') return;
    this.#deaths.clear(message.sha256);
    this.#tellDeaths();
  }

  /** What it holds is free again with its end, whether it ever served or not. */
  #meet(worker: WorkerProcess): void {
    this.#living.set(worker.id, worker);
    void worker.gone.then(() => {
      this.#living.delete(worker.id);
      this.#shares.forget(worker.id);
    });
  }

  #answerShares(worker: WorkerProcess, { took, gave, asked }: Extract<ToPrimary, { kind: 'shares' }>): void {
    this.#shares.took(worker.id, took);
    this.#shares.gave(worker.id, gave);
    if (asked.length > 0) worker.tell({ kind: 'granted', amounts: this.#shares.ask(worker.id, asked) });
  }

  /** A worker that hangs takes no more clients, since each takes its own; those that it has are lost with it. */
  #look(): void {
    for (const worker of this.#silence.look()) {
      const doing = describeActivity(worker.underway());
      this.#options.onSilence(`worker ${worker.id} did not answer for ${(SILENT_BEATS * BEAT_MS) / 1000} s and is replaced; ${doing}`);
      // Its death has been told by this.
      const served = this.#remove(worker);
      worker.kill();
      if (served && !this.#stopping) this.#replaceLater();
    }
  }

  /** True when fewer workers serve, or will, than were asked for. */
  #lacks(): boolean {
    return !this.#stopping && this.#serving.length + this.#starting < this.#options.flags.workers;
  }

  #lost(worker: WorkerProcess, { why, underway }: Awaited<WorkerProcess['gone']>, ageMs: number): void {
    this.#silence.remove(worker);
    const known = underway.some(({ sha256 }) => sha256 !== undefined);
    if (known) {
      void this.#deaths.note(underway).then(() => this.#tellDeaths());
      this.#tellDeaths();
    }
    const served = this.#remove(worker);
    // One that was told to go, or that hung, had been taken out before.
    if (!served || this.#stopping) return;
    this.#options.onLoss(`worker ${worker.id} is gone: ${why}; ${describeActivity(underway)}`);
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
      if (this.#stopping) return;
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

  #tellDeaths(): void {
    const deaths = this.#deaths.list();
    for (const worker of this.#living.values()) worker.tell({ kind: 'deaths', deaths });
  }
}

function didNotStart(error: unknown): string {
  return `a new worker did not start: ${describeError(error)}`;
}

/** What a worker is started with. */
interface WorkerStart {
  readonly flags: Flags;
  readonly site: SiteText;
  readonly deaths: Deaths;
  readonly historySocket: string;
  readonly tls: TlsHandout | undefined;
  /** Bound sockets on which it listens. */
  readonly sockets: readonly number[];
  /** Everything that it says. It accepts clients a moment before it says that it serves, and may ask for their places by then. */
  readonly hear: (worker: WorkerProcess, message: ToPrimary) => void;
}

/** A worker as the primary sees it. */
interface WorkerProcess {
  readonly id: number;
  /** Why it ended, and the messages that it was at. */
  readonly gone: Promise<{ readonly why: string; readonly underway: readonly Underway[] }>;
  tell(message: ToWorker): void;
  /** The messages that it is at. */
  underway(): readonly Underway[];
  /** Finishes its messages and ends; resolves when it is gone. */
  drain(): Promise<void>;
  kill(): void;
}

/** One that could not be started has no `exit` that closes its file. */
function forkOrClose(sockets: readonly number[], activity: ReturnType<typeof openActivityFile>): ChildProcess {
  try {
    const child = forkWorker(sockets, activity.descriptor);
    child.once('error', () => child.pid === undefined && activity.close());
    return child;
  } catch (error) {
    activity.close();
    throw error;
  }
}

/** Starts a worker; resolves when it serves. Ended by the signal, it is killed. @throws StartProblem */
async function startWorker(start: WorkerStart, signal: AbortSignal): Promise<WorkerProcess> {
  const activity = openActivityFile();
  const child = forkOrClose(start.sockets, activity);
  const gone = new Promise<Awaited<WorkerProcess['gone']>>((resolve) => {
    child.once('exit', (code, ended) => {
      const underway = activity.read();
      activity.close();
      resolve({ why: ended ?? `exit code ${code}`, underway });
    });
  });
  const id = child.pid ?? 0;
  const kill = () => void child.kill('SIGKILL');
  const worker: WorkerProcess = {
    id,
    gone,
    kill,
    tell: (message) => send(child, message),
    underway: () => activity.read(),
    async drain() {
      send(child, { kind: 'drain' });
      const timer = setTimeout(kill, STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
  child.on('message', (message: ToPrimary) => start.hear(worker, message));
  const stopListening = onAbort(signal, kill);
  try {
    const { flags, site, deaths, historySocket, tls } = start;
    await ready(child, gone, { kind: 'start', flags, site, deaths, historySocket, ...(tls === undefined ? {} : { tls }) });
  } finally {
    stopListening();
  }
  return worker;
}

function forkWorker(sockets: readonly number[], activity: number): ChildProcess {
  // First, so that whoever starts mx with a size of his own keeps it.
  const young = `--max-semi-space-size=${YOUNG_SEMI_SPACE_MIB}`;
  const node = { execPath: process.execPath, execArgv: nodeOptionsOf(young) };
  const launch = launchWithoutCapabilities(node);
  // Told at the start of the host; a host that cannot take them away goes on as it was started.
  const { execPath, execArgv } = launch === 'cannot' ? node : launch;
  // Its own stdin and stdout: only the primary speaks there. The journal goes to stderr. The descriptors are where self.ts says.
  const [file, ...words] = launchOf('worker', String(sockets.length));
  return fork(file, words, {
    execPath,
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', activity, ...sockets],
  });
}

async function ready(child: ChildProcess, gone: WorkerProcess['gone'], start: ToWorker): Promise<void> {
  const answer = new Promise<void>((resolve, reject) => {
    child.on('message', (message: ToPrimary) => {
      if (message.kind === 'ready') resolve();
      if (message.kind === 'problem') reject(new StartProblem(message.lines.join('\n'), message.exitCode));
    });
    child.on('error', (error) => reject(new StartProblem(`a worker could not be started: ${error.message}`, 70)));
    void gone.then(({ why }) => reject(new StartProblem(`a worker ended before it served (${why})`, 70)));
    setTimeout(() => reject(new StartProblem(`a worker was not ready within ${READY_MS / 1000} s`, 75)), READY_MS).unref();
  });
  send(child, start);
  try {
    await answer;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** A worker that is just dying cannot be told; its exit says the rest. */
function send(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined);
}
