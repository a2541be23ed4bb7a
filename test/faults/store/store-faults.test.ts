import { setTimeout as pause } from 'node:timers/promises';
import { type RunningMx, startMx } from '@vratny/support/mx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClientLedger, createClientLedger, type Entry, standingOf } from '../ledger/client-ledger.ts';
import { compare } from '../ledger/compare.ts';
import { describeEntry, drain, tryOnce } from '../ledger/drain.ts';
import { makeMessage } from '../ledger/message.ts';
import { formatReport, type ReportLine } from '../ledger/report.ts';
import { DRAIN_ROUNDS_MAX } from '../limits.ts';
import { type FaultWorld, makeFaultWorld } from '../world.ts';
import { explainCopies } from './explain-copies.ts';
import { ROWS, type Row } from './rows.ts';
import { type ScriptedStore, startScriptedStore } from './scripted-store.ts';
import type { Script } from './treatment.ts';

/** A row with what its client wrote down. */
interface Case {
  readonly row: Row;
  readonly ledger: ClientLedger;
  readonly entry: Entry;
}

describe('a store that goes wrong after the final dot', () => {
  const cases = new Map<string, Case>();
  const report: ReportLine[] = [];
  let world: FaultWorld;
  let store: ScriptedStore;
  let mx: RunningMx;

  /** The first round of all rows at once, so that the slow ones are waited for only once. */
  beforeAll(async () => {
    store = await startScriptedStore(scriptOf(cases));
    world = await makeFaultWorld({ site: { extra: { delivery: store.url } } });
    for (const [at, row] of ROWS.entries()) {
      const ledger = createClientLedger();
      // Each has a sender of its own, since recipients that differ are remembered by sender.
      const mailboxes = row.answers.map(() => world.nextMailbox());
      const entry = ledger.open(makeMessage(`store-${at}`, mailboxes, { sender: `row${at}@sender.test` }));
      cases.set(entry.message.token, { row, ledger, entry });
    }
    mx = await startMx({ siteFile: world.site.siteFile, host: 'a10', workers: 2 });
    await Promise.all([...cases.values()].map(({ row, ledger, entry }) => tryOnce(ledger, entry, mx.port, row.moments)));
  });

  afterAll(async () => {
    console.log(formatReport('a scripted store', report));
    await mx?.stop();
    await world?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
  });

  test.each([...ROWS.entries()].map(([at, row]) => [row.what, `store-${at}`] as const))('%s', async (what, token) => {
    const one = cases.get(token);
    if (one === undefined) throw new Error(`no ${token}`);
    const { row, ledger, entry } = one;
    // Nobody died: whatever is still running at mx comes to its end by itself.
    await drain(ledger, { port: () => mx.port, letTimePass: () => pause((row.patienceMs ?? 4_000) / DRAIN_ROUNDS_MAX) });
    const kept = store.kept.filter((copy) => copy.token === token);
    explainCopies(ledger, kept);
    const comparison = compare(ledger, kept);
    report.push({ what, comparison });
    expect(comparison.problems).toEqual([]);
    const refused = row.answers.map((answers) => (answers.at(-1) === 'full' ? 'refused' : 'accepted'));
    const standings = entry.message.recipients.map((mailbox) => standingOf(entry, mailbox));
    expect(standings, describeEntry(entry)).toEqual(refused);
    if (row.attempts !== undefined) expect(entry.attempts, describeEntry(entry)).toHaveLength(row.attempts);
    const counts = entry.message.recipients.map((mailbox) => kept.filter((copy) => copy.mailbox === mailbox).length);
    const expected = row.answers.map((answers, at) => (answers.at(-1) === 'full' ? 0 : row.twice?.includes(at) === true ? 2 : 1));
    expect(counts, describeEntry(entry)).toEqual(expected);
  });
});

function scriptOf(cases: ReadonlyMap<string, Case>): Script {
  const asked = new Map<string, number>();
  return ({ token = '', recipients, nth }) => {
    const found = cases.get(token);
    if (found === undefined) return {};
    const { row, entry } = found;
    const answers = recipients.map((mailbox) => {
      const times = asked.get(mailbox) ?? 0;
      asked.set(mailbox, times + 1);
      const own = row.answers[entry.message.recipients.indexOf(mailbox)] ?? ['takes'];
      return own[Math.min(times, own.length - 1)] ?? 'takes';
    });
    return { answers, ...(nth === 1 ? row.manner : {}) };
  };
}
