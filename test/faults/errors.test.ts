import { join } from 'node:path';
import { listFiles } from '@vratny/support/maildir';
import { expect, test } from 'vitest';
import { type Bench, makeBench } from './bench.ts';
import { choose, createRandom, FORM, SEED } from './form.ts';
import { compare } from './ledger/compare.ts';
import { tryOnce } from './ledger/drain.ts';
import { listUnfinished, mailboxOf } from './ledger/read-maildir.ts';
import { formatReport } from './ledger/report.ts';
import { type Call, describeCall } from './strace/calls.ts';
import { type Effect, missed, plant, pointsOf } from './strace/inject.ts';
import { recordDelivery, reported, workerOf } from './strace/record.ts';

const SHAPES = [
  { name: 'one mailbox', recipients: 1, bodyBytes: 400 },
  { name: 'two mailboxes', recipients: 2, bodyBytes: 400 },
  { name: 'one mailbox, 300 kB', recipients: 1, bodyBytes: 300_000 },
];
const FILE_CALLS = ['mkdir', 'openat', 'write', 'pwrite64', 'fsync', 'fdatasync', 'rename', 'close'];
/** What SQLite does, of the state and of the directory. */
const DATABASE_CALLS = ['pwrite64', 'pread64', 'fsync', 'fdatasync', 'openat'];
const EFFECTS: readonly Effect[] = ['EIO', 'ENOSPC'];
/** In the short form, points of each shape: all of the first. */
const CHOSEN = { files: [Number.POSITIVE_INFINITY, 8, 8], databases: [4, 4, 4] };
/** A count may shift and the fault meet a call by which threads wake each other, which ends the process: that shows nothing. */
const TRIES = 3;

/** A close that fails after everything was synced loses nothing, and reading `tmp` is for sweeping it; everything else must be told. */
const DECIDES_NOTHING = / files (?:close|openat \d+ \S*\/tmp$)/u;

interface Failed {
  readonly what: string;
  /** Undefined when the fault never met its call. */
  readonly reply: string | undefined;
  /** What went wrong besides. */
  readonly wrong: readonly string[];
}

/** Makes one call of a delivery fail; then the next message must pass at once, by the same worker, with nothing left behind. */
async function failAt(bench: Bench, call: Call, effect: Effect, shape: (typeof SHAPES)[number]): Promise<Failed> {
  const { ledger, world } = bench;
  const what = `${effect} ${describeCall(call)}`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const mx = await bench.readyMx();
    const worker = workerOf(mx);
    const entry = ledger.open(bench.newMessage(`${effect}-${call.name}-${call.nth}`, shape));
    let remove: () => Promise<string | undefined> = async () => undefined;
    await tryOnce(ledger, entry, mx.port, {
      beforeMessage: async () => {
        await reported(call.thread);
        ({ remove } = await plant(worker, call, effect));
      },
    });
    const missing = missed(await remove());
    const [first] = entry.attempts;
    const unfinished = listUnfinished(world.site.mailFolder).filter((path) => entry.message.recipients.includes(mailboxOf(path)));
    const next = ledger.open(bench.newMessage('next'));
    if (!missing) await tryOnce(ledger, next, mx.port);
    const reply = first?.ending.kind === 'reply' ? first.ending.reply.text : `lost: ${first?.ending.why}`;
    const [after] = next.attempts;
    await bench.drain();
    if (missing) continue;
    const wrong = [
      ...(workerOf(mx) === worker ? [] : ['the worker is another one']),
      ...unfinished.map((path) => `left behind: ${path}`),
      ...(after?.ending.kind === 'reply' && after.ending.reply.code === 250 ? [] : ['the next message was not taken']),
    ];
    return { what, reply, wrong };
  }
  return { what, reply: undefined, wrong: [] };
}

/** `count`: in the short form, so many points of each shape. */
async function failEverywhere(
  bench: Bench,
  points: (calls: readonly Call[]) => readonly Call[],
  count: readonly number[],
): Promise<readonly Failed[]> {
  const failed: Failed[] = [];
  for (const [at, shape] of SHAPES.entries()) {
    await bench.readyMx();
    const found = points(await recordDelivery(bench, bench.newMessage('recorded', shape)));
    // Two copies under way: how often the thread for files writes to wake the other one is chance, so no write can be met by its number.
    const all = found.filter((call) => shape.recipients === 1 || call.name !== 'write');
    const chosen = FORM === 'full' ? all : choose(all, count[at] ?? 0, createRandom(SEED));
    for (const [turn, call] of chosen.entries()) {
      const effects = FORM === 'full' ? EFFECTS : EFFECTS.slice(turn % 2).slice(0, 1);
      for (const effect of effects) failed.push(await failAt(bench, call, effect, shape));
    }
  }
  return failed;
}

function tell(title: string, bench: Bench, failed: readonly Failed[]): readonly string[] {
  const comparison = compare(bench.ledger, bench.stored());
  const report = formatReport(`${title}, seed ${SEED}`, [{ what: `${failed.length} faults`, comparison }]);
  console.log([report, ...failed.map((one) => `  ${one.what}: ${one.reply ?? 'not met'} ${one.wrong.join('; ')}`)].join('\n'));
  return [...comparison.problems, ...failed.flatMap((one) => one.wrong.map((wrong) => `${one.what}: ${wrong}`))];
}

test('a file call of a delivery fails: 451 or 452, the same process takes the next message, nothing is left behind', async () => {
  await using bench = await makeBench('maildir', { mailboxes: FORM === 'full' ? 4_000 : 300 });
  const failed = await failEverywhere(bench, (calls) => pointsOf(calls, 'files', FILE_CALLS), CHOSEN.files);
  expect(tell('failing files', bench, failed)).toEqual([]);
  const untold = failed.filter((one) => one.reply !== undefined && !/^45[12] /u.test(one.reply) && !DECIDES_NOTHING.test(one.what));
  expect(untold).toEqual([]);
  expect(failed.filter((one) => one.reply === undefined).length).toBeLessThan(failed.length / 10);
  expect(listFiles(join(bench.world.site.folder, 'spool'))).toEqual([]);
});

test('a call of the databases fails: the mail is taken or delayed, never lost and never torn', async () => {
  await using bench = await makeBench('maildir', { mailboxes: FORM === 'full' ? 4_000 : 300 });
  const failed = await failEverywhere(bench, (calls) => pointsOf(calls, 'main', DATABASE_CALLS), CHOSEN.databases);
  expect(tell('failing databases', bench, failed)).toEqual([]);
  expect(failed.filter((one) => one.reply !== undefined && !/^(?:250|451|452) /u.test(one.reply))).toEqual([]);
});
