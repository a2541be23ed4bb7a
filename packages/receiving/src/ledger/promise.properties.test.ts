import { gate } from '@vratny/server/testing';
import { StateFault } from '@vratny/state';
import { createMemoryState } from '@vratny/state/memory';
import type { SmtpClient } from '@vratny/support/smtp-client';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LEASE_MS } from '../limits.ts';
import { type Served, serve } from '../mx.fixture.ts';
import { createScriptedStore, type Say, type ScriptedStore } from '../store.fixture.ts';
import { send } from './sender.fixture.ts';

const NAMES = ['alice', 'bob', 'carol'] as const;
/** Attempts that the sender makes in the end, when everything is well; each gets at least one recipient done. */
const LAST_ATTEMPTS = 6;

/** One attempt of the sender, and what goes wrong with it. */
interface Try {
  readonly says: readonly Say[];
  readonly order: readonly number[];
  /** The client goes before or after the store has it, or the process dies then. */
  readonly trouble: 'none' | 'gone-before' | 'closed-before' | 'gone-after' | 'dies-before' | 'dies-after';
  readonly stateAway: boolean;
  /** The client shows that it read the reply, or is not heard of again. */
  readonly proves: boolean;
  readonly waits: boolean;
}

const SAYS: readonly Say[] = ['stored', 'stored', 'stored', 'refused', 'delayed', 'uncertain', 'uncertain-stored'];
const TRIES: fc.Arbitrary<Try> = fc.record({
  says: fc.array(fc.constantFrom(...SAYS), { minLength: 3, maxLength: 3 }),
  order: fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
  trouble: fc.constantFrom('none', 'none', 'none', 'gone-before', 'closed-before', 'gone-after', 'dies-before', 'dies-after'),
  stateAway: fc.boolean().chain((one) => (one ? fc.boolean() : fc.constant(false))),
  proves: fc.boolean(),
  waits: fc.boolean(),
});

/** A site: one state, one store, and the process that serves at the moment. */
async function openSite(looks: boolean) {
  const state = createMemoryState();
  const store = createScriptedStore({ looks });
  let at = Date.parse('2026-05-04T03:02:01Z');
  const start = async () => {
    const life = { dead: false };
    const served = await serve({ ...mortal(state, life, () => away), delivery: store, now: () => new Date(at) });
    return { life, served };
  };
  let away = false;
  let process = await start();
  return {
    store,
    served: () => process.served,
    /** From here on nothing that the process says reaches anybody. */
    die: () => {
      process.life.dead = true;
    },
    restart: async () => {
      if (process.life.dead) process = await start();
    },
    setAway: (value: boolean) => {
      away = value;
    },
    pass: (ms: number) => {
      at += ms;
    },
  };
}

type Site = Awaited<ReturnType<typeof openSite>>;

function mortal({ ledger, lease }: ReturnType<typeof createMemoryState>, life: { readonly dead: boolean }, isAway: () => boolean) {
  const ask = <T>(work: () => Promise<T>): Promise<T> => {
    if (life.dead) return new Promise<T>(() => undefined);
    return isAway() ? Promise.reject(new StateFault('away')) : work();
  };
  return {
    ledger: {
      read: (...args: Parameters<typeof ledger.read>) => ask(() => ledger.read(...args)),
      add: (...args: Parameters<typeof ledger.add>) => ask(() => ledger.add(...args)),
      drop: (...args: Parameters<typeof ledger.drop>) => ask(() => ledger.drop(...args)),
    },
    lease: {
      begin: (...args: Parameters<typeof lease.begin>) => ask(() => lease.begin(...args)),
      finish: (...args: Parameters<typeof lease.finish>) => ask(() => lease.finish(...args)),
      release: (...args: Parameters<typeof lease.release>) => ask(() => lease.release(...args)),
    },
  };
}

/** What the sender knows: who has to be tried again, and what it was told of the others. */
interface Sender {
  pending: readonly string[];
  readonly told: Map<string, '250' | '552'>;
}

/** Sends to all who are pending; reads what there is to read. */
async function attempt(site: Site, sender: Sender, one: Try): Promise<void> {
  site.setAway(one.stateAway);
  for (const [i, name] of NAMES.entries()) site.store.script(`${name}@example.test`, one.says[i] ?? 'stored');
  const client = await site.served().ready();
  const names = one.order.map((i) => NAMES[i] ?? 'alice').filter((name) => sender.pending.includes(name));
  const lost = loseAt(site, client, one.trouble);
  const sent = await Promise.race([send(client, names.join(' ')).catch(() => lost), lost]);
  restore(site.store);
  if (sent !== undefined) {
    learn(sender, names, sent);
    if (one.proves) await client.ask('QUIT');
  }
  client.socket.destroy();
  await settled(site.served());
  site.setAway(false);
  await site.restart();
  if (one.waits) site.pass(LEASE_MS + 1);
}

function learn(sender: Sender, names: readonly string[], { recipients, reply }: Awaited<ReturnType<typeof send>>): void {
  const code = reply.slice(0, 3);
  const accepted = names.filter((_, i) => recipients.split(' ')[i] === '250');
  if (code !== '250' && code !== '552') return;
  for (const name of accepted) sender.told.set(name, code);
  sender.pending = sender.pending.filter((name) => !accepted.includes(name));
}

/** Resolves when the client is gone; never when nothing goes wrong or the store is not asked. */
function loseAt({ store, die }: Site, client: SmtpClient, trouble: Try['trouble']): Promise<undefined> {
  const { opened, open } = gate();
  const lose = async () => {
    if (trouble.startsWith('dies')) die();
    if (trouble === 'gone-before') client.socket.resetAndDestroy();
    else await new Promise<void>((resolve) => client.socket.end(resolve));
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    open();
    if (trouble === 'dies-before') await new Promise(() => undefined);
  };
  if (trouble === 'gone-before' || trouble === 'closed-before') store.beforeAsking = lose;
  if (trouble === 'dies-before') store.beforeStoring = lose;
  if (trouble.endsWith('after')) store.afterStoring = lose;
  return opened.then(() => undefined);
}

function restore(store: ScriptedStore): void {
  store.beforeAsking = store.beforeStoring = store.afterStoring = () => Promise.resolve();
}

/** A client that is gone may still have an attempt that ends now; a dead process has no end. */
async function settled({ server }: Served): Promise<void> {
  for (let turns = 0; turns < 200 && server.clients.total > 0; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

const WELL: Try = { says: ['stored', 'stored', 'stored'], order: [0, 1, 2], trouble: 'none', stateAway: false, proves: true, waits: true };

it.each([
  ['that can look', true],
  ['that cannot look', false],
])(
  'whatever goes wrong, with a store %s: nothing acknowledged is lost, and every second copy has its excuse',
  async (_, looks) => {
    await fc.assert(
      fc.asyncProperty(fc.array(TRIES, { maxLength: 6 }), async (tries) => {
        const site = await openSite(looks);
        const sender: Sender = { pending: NAMES, told: new Map() };
        for (const one of tries) if (sender.pending.length > 0) await attempt(site, sender, one);
        site.pass(LEASE_MS + 1);
        for (let i = 0; i < LAST_ATTEMPTS && sender.pending.length > 0; i += 1) await attempt(site, sender, WELL);
        expect(sender.pending).toEqual([]);
        const blind = !looks && tries.some((one) => one.trouble === 'dies-after' || one.says.includes('uncertain-stored'));
        const excused = blind || tries.some((one) => one.stateAway);
        for (const name of NAMES) {
          const copies = site.store.copies(`${name}@example.test`);
          if (sender.told.get(name) === '250') expect(copies).toBeGreaterThanOrEqual(1);
          if (!excused) expect([name, copies]).toEqual([name, sender.told.get(name) === '250' ? 1 : 0]);
        }
      }),
      { numRuns: 40 },
    );
  },
  60_000,
);
