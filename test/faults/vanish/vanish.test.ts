import { setTimeout as pause } from 'node:timers/promises';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AttemptMoments } from '../ledger/attempt.ts';
import { type ClientLedger, createClientLedger } from '../ledger/client-ledger.ts';
import { compare } from '../ledger/compare.ts';
import { describeEntry, drain, tryOnce } from '../ledger/drain.ts';
import { makeMessage, tokenOf } from '../ledger/message.ts';
import { readMaildirCopies } from '../ledger/read-maildir.ts';
import { formatReport, type ReportLine } from '../ledger/report.ts';
import { DRAIN_ROUNDS_MAX } from '../limits.ts';
import { type ScriptedStore, startScriptedStore } from '../store/scripted-store.ts';
import { type FaultWorld, makeFaultWorld } from '../world.ts';
import { attemptCutTls, type Cut, type CutPoint } from './tls-cut.ts';
import { closeWritingSide, vanishAfter, vanishBefore, type Way } from './vanish.ts';

const LAST_OCTETS = Array.from({ length: 10 }, (_none, at) => at + 1);
const WAYS: readonly Way[] = ['reset', 'close'];
const CUTS: readonly Cut[] = ['no close_notify', 'reset', 'close_notify'];
/** At once, while mx works, and when the 250 lies unread in the client's kernel. */
const AFTER_MS = [0, 5, 300];
/** A delivery that nobody waits for any more comes to its end within this. */
const PATIENCE_MS = 8_000;

/** By the name of the case, which is the token of its message too. */
const PLAIN: ReadonlyMap<string, AttemptMoments> = new Map([
  ...LAST_OCTETS.flatMap((missing) =>
    WAYS.map((way): [string, AttemptMoments] => [
      `${way}-${missing}-octets-before-the-end`,
      { converse: (client, wire) => vanishBefore(client, wire, missing, way) },
    ]),
  ),
  ...AFTER_MS.flatMap((ms) =>
    WAYS.map((way): [string, AttemptMoments] => [
      `${way}-${ms}-ms-after-the-end`,
      { converse: (client, wire) => vanishAfter(client, wire, ms, way) },
    ]),
  ),
  ['half-close-after-the-end', { converse: closeWritingSide }],
  ['half-close-before-the-end', { converse: (client, wire) => closeWritingSide(client, wire.subarray(0, -1)) }],
]);

const TLS: readonly CutPoint[] = CUTS.flatMap((cut) => [
  ...[...LAST_OCTETS, 0].map((missing) => ({ cut, missing, afterMs: 0 })),
  { cut, missing: 0, afterMs: 300 },
]);

describe.each(['maildir', 'lmtp'] as const)('a client that goes away and comes back, %s', (kind) => {
  const report: ReportLine[] = [];
  let world: FaultWorld;
  let store: ScriptedStore | undefined;
  let mx: RunningMx;

  beforeAll(async () => {
    store = kind === 'lmtp' ? await startScriptedStore() : undefined;
    world = await makeFaultWorld({ mailboxes: 200, ...(store === undefined ? {} : { site: { extra: { delivery: store.url } } }) });
    mx = await startMx({ siteFile: world.site.siteFile, host: 'a10' });
  });

  afterAll(async () => {
    console.log(formatReport(`clients that go away, ${kind}`, report));
    await mx?.stop();
    await world?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
  });

  const open = (ledger: ClientLedger, token: string) => ledger.open(makeMessage(token, [world.nextMailbox(), world.nextMailbox()]));

  /** Nobody dies here and the state is there: exactly one copy, whatever the client does. */
  async function settle(what: string, ledger: ClientLedger): Promise<void> {
    let rounds = 0;
    // The first retry comes at once, while the attempt that nobody waits for may still be running.
    const letTimePass = async () => {
      rounds += 1;
      if (rounds > 1) await pause(PATIENCE_MS / DRAIN_ROUNDS_MAX);
    };
    await drain(ledger, { port: () => mx.port, letTimePass });
    const tokens = new Set(ledger.entries.map((entry) => entry.message.token));
    const copies = (store?.kept ?? readMaildirCopies(world.site.mailFolder)).filter((copy) =>
      tokens.has(tokenOf(copy.bytes.toString('latin1')) ?? ''),
    );
    const comparison = compare(ledger, copies);
    report.push({ what, comparison });
    expect(comparison.problems).toEqual([]);
    expect(comparison.acceptedRecipients).toBe(ledger.entries.length * 2);
    const more = ledger.entries.filter(({ message }) =>
      message.recipients.some((one) => copies.filter((copy) => copy.mailbox === one).length > 1),
    );
    expect(more.map(describeEntry)).toEqual([]);
  }

  test('in the middle of the last octets and before the 250; one that only closes its sending side gets its 250', async () => {
    const ledger = createClientLedger();
    const first = [...PLAIN].map(([token, moments]) => tryOnce(ledger, open(ledger, token), mx.port, moments));
    await Promise.all(first);
    const halfClosed = ledger.entries.find(({ message }) => message.token === 'half-close-after-the-end');
    expect(halfClosed?.attempts.map(({ ending }) => ending)).toMatchObject([{ kind: 'reply', reply: { code: 250 } }]);
    await settle('TCP', ledger);
  });

  test('by cutting TLS', async () => {
    const ledger = createClientLedger();
    const first = TLS.map(async (point) => {
      const entry = open(ledger, `tls-${point.cut.replaceAll(/\W/gu, '-')}-${point.missing}-${point.afterMs}`);
      ledger.note(entry, await attemptCutTls(mx.port, entry.message, point));
    });
    await Promise.all(first);
    await settle('TLS', ledger);
  });
});
