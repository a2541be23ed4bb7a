import { type LmtpServer, startLmtpServer } from '@vratny/support/lmtp-server';
import type { RunningMx } from '@vratny/support/mx';
import { isAlive, workersOf } from '@vratny/support/process-state';
import { waitFor } from '@vratny/support/wait-for';
import { type ClientLedger, createClientLedger } from './ledger/client-ledger.ts';
import type { StoredCopy } from './ledger/compare.ts';
import { drain, tryOnce } from './ledger/drain.ts';
import { makeMessage, type TestMessage } from './ledger/message.ts';
import { readMaildirCopies } from './ledger/read-maildir.ts';
import { copiesIn } from './store/hand-overs.ts';
import { type FaultWorld, type FaultWorldOptions, makeFaultWorld, startCountableMx } from './world.ts';

/** Where mail goes in a test. */
export type StoreKind = 'maildir' | 'lmtp';

/** A world with a store, a client's ledger, and a warm mx that is replaced before its primary slows down the respawning of workers. */
export interface Bench extends AsyncDisposable {
  readonly world: FaultWorld;
  readonly ledger: ClientLedger;
  /** Undefined with Maildir. */
  readonly store: LmtpServer | undefined;
  /** An mx whose only worker has delivered something. */
  readyMx(): Promise<RunningMx>;
  /** The one that {@link readyMx} gave last. */
  readonly port: () => number;
  /** A message for `recipients` mailboxes that nothing else is for. */
  newMessage(name: string, options?: { readonly recipients?: number; readonly bodyBytes?: number }): TestMessage;
  stored(): readonly StoredCopy[];
  drain(onAttempt?: Parameters<typeof drain>[1]['onAttempt']): Promise<void>;
  /** Stops mx, or waits until the one that was told to is gone. */
  stopMx(): Promise<void>;
}

/** The primary waits before it replaces a worker when more than this died young. */
const DEATHS_MAX = 3;

/** Makes one; mx is started with the first {@link Bench.readyMx}. */
export async function makeBench(kind: StoreKind, options: FaultWorldOptions = {}): Promise<Bench> {
  await using stack = new AsyncDisposableStack();
  const store =
    kind === 'lmtp' ? stack.use(await startLmtpServer({ features: ['PIPELINING', '8BITMIME', 'SIZE', 'ENHANCEDSTATUSCODES'] })) : undefined;
  const extra = store === undefined ? {} : { delivery: store.url };
  const world = stack.use(await makeFaultWorld({ ...options, site: { ...options.site, extra: { ...extra, ...options.site?.extra } } }));
  const ledger = createClientLedger();
  const host = stack.use(createHost(world));
  let messages = 0;
  const newMessage: Bench['newMessage'] = (name, { recipients = 1, bodyBytes } = {}) => {
    messages += 1;
    const mailboxes = Array.from({ length: recipients }, () => world.nextMailbox());
    return makeMessage(`${messages}-${name}`.replaceAll(/[^\w-]+/gu, '-'), mailboxes, bodyBytes === undefined ? {} : { bodyBytes });
  };
  let warmed = 0;
  const owned = stack.move();
  return {
    world,
    ledger,
    store,
    newMessage,
    port: () => host.current().port,
    async readyMx() {
      const mx = await host.ready();
      const [worker = 0] = workersOf(mx.pid);
      if (worker === warmed) return mx;
      await tryOnce(ledger, ledger.open(newMessage('warm')), mx.port);
      [warmed = 0] = workersOf(mx.pid);
      return mx;
    },
    stored: () => (store === undefined ? readMaildirCopies(world.site.mailFolder) : copiesIn(store)),
    drain: (onAttempt = () => undefined) =>
      drain(ledger, { port: () => host.current().port, letTimePass: () => world.letTimePass(), onAttempt }),
    stopMx: () => host.stop(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Host extends AsyncDisposable {
  current(): RunningMx;
  ready(): Promise<RunningMx>;
  stop(): Promise<void>;
}

function createHost(world: FaultWorld): Host {
  let mx: RunningMx | undefined;
  // The next one starts while the last kill of this one is looked at.
  let spare: Promise<RunningMx> | undefined;
  let deaths = 0;
  let worker: number | undefined;
  const leaving = new Set<Promise<unknown>>();

  async function replace(): Promise<RunningMx> {
    if (mx !== undefined) leaving.add(mx.stop());
    const next = spare ?? startCountableMx(world);
    spare = undefined;
    deaths = 0;
    return await next;
  }
  async function stop(): Promise<void> {
    const [old, next] = [mx, spare];
    mx = undefined;
    spare = undefined;
    await old?.stop();
    await (await next?.catch(() => undefined))?.stop();
  }
  async function ready(): Promise<RunningMx> {
    const now = mx === undefined ? undefined : workersOf(mx.pid).find(isAlive);
    if (now !== worker) deaths += 1;
    if (mx === undefined || deaths > DEATHS_MAX) mx = await replace();
    if (deaths === DEATHS_MAX && spare === undefined) {
      spare = startCountableMx(world);
      spare.catch(() => undefined);
    }
    const { pid, stderr } = mx;
    worker = await waitFor('a worker', () => workersOf(pid).find(isAlive), { explain: stderr });
    return mx;
  }
  return {
    current() {
      if (mx === undefined) throw new Error('mx was not started');
      return mx;
    },
    ready,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await Promise.all(leaving);
    },
  };
}
