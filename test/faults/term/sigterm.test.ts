import { setTimeout as pause } from 'node:timers/promises';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { waitFor } from '@vratny/support/wait-for';
import { expect, test } from 'vitest';
import { FORM } from '../form.ts';
import { createClientLedger, pendingOf } from '../ledger/client-ledger.ts';
import { compare } from '../ledger/compare.ts';
import { drain, tryOnce } from '../ledger/drain.ts';
import { makeMessage } from '../ledger/message.ts';
import { formatReport } from '../ledger/report.ts';
import { startScriptedStore } from '../store/scripted-store.ts';
import { makeFaultWorld } from '../world.ts';
import { type OpenSession, openSession, type Standing } from './sessions.ts';

const STANDINGS: readonly Standing[] = ['idle', 'after MAIL', 'in DATA', 'waiting for the store'];
const EACH = 50;
/** Of those who wait for the store, so many go away in that moment. */
const VANISHING = 10;
/** By default a worker has so many connections to its store: the others wait for one of them. */
const STORE_CONNECTIONS = 16;
const WORKERS = 2;

test('SIGTERM with 200 sessions open: each is finished or told, exit code 0, every 250 is stored, nothing comes twice', async () => {
  const held = Promise.withResolvers<void>();
  await using store = await startScriptedStore(() => ({ before: () => held.promise }));
  const limits = { recipients: 10, connectionsPerIp: 1_000 };
  await using world = await makeFaultWorld({ mailboxes: EACH * STANDINGS.length, site: { extra: { delivery: store.url, limits } } });
  const start = () => startMx({ siteFile: world.site.siteFile, host: 'a10', workers: WORKERS });
  await using second = stopping(await start());
  await using mx = stopping(await start());
  const ledger = createClientLedger();
  try {
    const open = (standing: Standing, at: number) => {
      const token = `${standing.replaceAll(' ', '-')}-${at}`;
      const entry = ledger.open(makeMessage(token, [world.nextMailbox()], { sender: `${token}@sender.test` }));
      return openSession(ledger, mx.port, entry, standing);
    };
    const sessions: OpenSession[] = [];
    for (const standing of STANDINGS) {
      sessions.push(...(await Promise.all(Array.from({ length: EACH }, (_none, at) => open(standing, at)))));
    }
    const waiting = sessions.filter((session) => session.standing === 'waiting for the store');
    for (const session of waiting) session.handOver();
    // The kernel shares the clients out: the other worker may have fewer than its connections to the store could take.
    await waitFor('the store has its hands full', () => (store.kept.length >= STORE_CONNECTIONS ? true : undefined));
    const vanishing = new Set(waiting.slice(0, VANISHING));

    mx.signal('SIGTERM');
    for (const session of vanishing) session.vanish();
    // They try again at once, at another node of the site.
    const again = [...vanishing].map((session) => tryOnce(ledger, session.entry, second.port));
    const idle = sessions.filter((session) => session.standing === 'idle');
    for (const goodbye of await Promise.all(idle.map((session) => session.finish())))
      expect(goodbye.farewell?.text).toMatch(/^421 4\.3\.2 /u);
    expect(mx.ending()).toBeUndefined();
    held.resolve();
    const others = sessions.filter((session) => session.standing !== 'idle' && !vanishing.has(session));
    const goodbyes = await Promise.all(others.map(async (session) => ({ session, ...(await session.finish()) })));
    expect(await mx.ended).toBe(0);
    await Promise.all(again);

    for (const { session, reply, farewell } of goodbyes) {
      expect(reply?.text ?? farewell?.text, session.entry.message.token).toMatch(/^(?:250 2\.0\.0|421 4\.3\.2) /u);
      expect(farewell?.text, session.entry.message.token).toMatch(/^421 4\.3\.2 /u);
    }
    const finished = goodbyes.filter(({ reply }) => reply?.code === 250).length;
    expect(finished).toBe(others.length);
    expect(ledger.entries.filter((entry) => pendingOf(entry).length > 0).length).toBeGreaterThanOrEqual(EACH);
    await drain(ledger, { port: () => second.port, letTimePass: () => pause(100) });
    const comparison = compare(ledger, store.kept);
    console.log(formatReport('SIGTERM', [{ what: `${sessions.length} sessions, ${finished} finished`, comparison }]));
    expect(comparison.problems).toEqual([]);
    expect(store.kept.length).toBe(ledger.entries.length);
  } finally {
    held.resolve();
  }
});

/** A running message has 60 s. */
test.runIf(FORM === 'full')('SIGTERM: who does not go on is broken off in the end, exit code 0, and the retry arrives once', async () => {
  await using store = await startScriptedStore();
  await using world = await makeFaultWorld({ site: { extra: { delivery: store.url } } });
  await using second = stopping(await startMx({ siteFile: world.site.siteFile, host: 'a10' }));
  await using mx = stopping(await startMx({ siteFile: world.site.siteFile, host: 'a10' }));
  const ledger = createClientLedger();
  for (const standing of ['after MAIL', 'in DATA'] as const) {
    await openSession(ledger, mx.port, ledger.open(makeMessage(standing.replace(' ', '-'), [world.nextMailbox()])), standing);
  }
  mx.signal('SIGTERM');
  expect(await mx.ended).toBe(0);
  await drain(ledger, { port: () => second.port });
  expect(compare(ledger, store.kept).problems).toEqual([]);
  expect(store.kept).toHaveLength(2);
});

/** With an end: `await using` stops it. */
function stopping(mx: RunningMx): RunningMx & AsyncDisposable {
  return { ...mx, [Symbol.asyncDispose]: async () => void (await mx.stop()) };
}
