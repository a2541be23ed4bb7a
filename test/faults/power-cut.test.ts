import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { type Bench, makeBench } from './bench.ts';
import { type Ext4Disk, makeExt4Disk } from './disk/ext4.ts';
import { choose, createRandom, FORM, SEED } from './form.ts';
import { standingOf } from './ledger/client-ledger.ts';
import { type Comparison, compare } from './ledger/compare.ts';
import { isLeased } from './ledger/expire-leases.ts';
import { readMaildirCopies } from './ledger/read-maildir.ts';
import { formatReport, type ReportLine } from './ledger/report.ts';
import { compareCopy, compareWithoutSync, cutAfter, MAIL } from './power-cuts.ts';
import { type Call, describeCall, isInternal } from './strace/calls.ts';
import { recordDelivery } from './strace/record.ts';

const SHAPES = [{ recipients: 1 }, { recipients: 2, bodyBytes: 100_000 }];
/** In the short form: cuts of each shape besides those after the last calls of the first, and cuts after which mx comes back. */
const CHOSEN = 5;
/** From the creation of the file to the closing of `new`, but for the writing. */
const LAST_NAMES = ['openat', 'fsync', 'close', 'rename', 'openat', 'fsync', 'close'];
const LAST_CALLS = LAST_NAMES.length;
const COMING_BACK = 1;
/** How often a call is waited for: with two copies under way the count of a call may shift. */
const TRIED = 3;

async function makeDisk(context: TestContext): Promise<Ext4Disk> {
  return (await makeExt4Disk()) ?? context.skip('an ext4 in a file cannot be mounted here');
}

function makeBenchOn(disk: Ext4Disk, withState: boolean): Promise<Bench> {
  const stateFile = withState ? { stateFile: join(disk.path, 'state.db') } : {};
  return makeBench('maildir', { ...stateFile, mailboxes: FORM === 'full' ? 1_000 : 200, site: { mailFolder: join(disk.path, MAIL) } });
}

/** What is tidied in `tmp` once a message is stored belongs to no delivery: some of it comes after the reply, where nobody waits for it. */
const isTidying = ({ name, text }: Call) => name !== 'mkdir' && /\/tmp[">]/u.test(text);
const fileCalls = (calls: readonly Call[]) =>
  calls.filter((call) => call.thread === 'files' && !isInternal(call) && call.name !== 'write' && !isTidying(call));

/** Cuts after a call of a delivery. It may be over before when the call did not come again: then the next message gets the cut. */
async function cutUntilHit(bench: Bench, disk: Ext4Disk, call: Call, shape: (typeof SHAPES)[number]): Promise<Comparison | undefined> {
  for (let attempt = 1; attempt <= TRIED; attempt += 1) {
    const message = bench.newMessage(`cut-${call.name}-${call.nth}-${attempt}`, shape);
    const comparison = await cutAfter(bench, call, message, async () => compareCopy(bench, await disk.copy()));
    if (comparison !== undefined) return comparison;
  }
  return undefined;
}

test('the power goes after each step of a delivery: whatever was acknowledged by then is there, and nothing is torn', async (context) => {
  await using disk = await makeDisk(context);
  await using bench = await makeBenchOn(disk, false);
  const lines: ReportLine[] = [];
  const notHit: string[] = [];
  for (const shape of SHAPES) {
    await bench.readyMx();
    const calls = fileCalls(await recordDelivery(bench, bench.newMessage('recorded', shape)));
    const last = shape.recipients === 1 ? calls.slice(-LAST_CALLS) : [];
    if (last.length > 0) expect(last.map(({ name }) => name)).toEqual(LAST_NAMES);
    const others = calls.slice(0, calls.length - last.length);
    const chosen = FORM === 'full' ? calls : [...choose(others, CHOSEN, createRandom(SEED)), ...last];
    for (const call of chosen) {
      const comparison = await cutUntilHit(bench, disk, call, shape);
      if (comparison === undefined) notHit.push(describeCall(call));
      else lines.push({ what: describeCall(call), comparison });
      expect(comparison?.problems ?? []).toEqual([]);
    }
  }
  const last = await compareCopy(bench, await disk.copy());
  console.log(formatReport(`power cuts, seed ${SEED}`, [...lines, { what: 'after the last reply', comparison: last }]));
  expect(last.problems).toEqual([]);
  expect(bench.ledger.entries.every((entry) => entry.message.recipients.every((one) => standingOf(entry, one) === 'accepted'))).toBe(true);
  expect(notHit).toEqual([]);
  expect(lines.length).toBeGreaterThanOrEqual(LAST_CALLS + 2 * CHOSEN);
});

test('without the sync of the directory, or of the file, the comparison fails: it can', async (context) => {
  await using disk = await makeDisk(context);
  await using bench = await makeBenchOn(disk, false);
  await bench.readyMx();
  const syncs = fileCalls(await recordDelivery(bench, bench.newMessage('recorded'))).filter((call) => call.name === 'fsync');
  const ofFile = syncs.find((call) => call.text.includes('/tmp/') && call.text.includes('S='));
  const ofDirectory = syncs.find((call) => call.text.includes('/new>'));
  const torn = await compareWithoutSync(bench, disk, ofFile?.nth ?? 0);
  expect(torn.problems.join('\n')).toMatch(/nobody sent, 0 octets|torn/u);
  const lost = await compareWithoutSync(bench, disk, ofDirectory?.nth ?? 0);
  expect(lost.problems.join('\n')).toMatch(/LOST/u);
});

/** Ends mx at a cut, and everything that it had not yet given to the disk with it; undefined when the delivery was over before. */
async function cutAndComeBack(bench: Bench, disk: Ext4Disk, call: Call): Promise<boolean> {
  const mx = await bench.readyMx();
  const message = bench.newMessage(`back-${call.name}-${call.nth}`, { recipients: 2 });
  const cutAt = new Date();
  const image = await cutAfter(bench, call, message, async (worker) => {
    const copy = await disk.copy();
    mx.signal('SIGKILL');
    process.kill(worker, 'SIGKILL');
    return copy;
  });
  if (image === undefined) return false;
  await bench.stopMx();
  await disk.comeBackAs(image);
  const { stateFile } = bench.world;
  const entry = bench.ledger.entries.find((one) => one.message === message);
  if (entry !== undefined && stateFile !== undefined && !isLeased(stateFile, cutAt)) {
    for (const mailbox of message.recipients) bench.ledger.explain(entry, mailbox, 'acknowledgement lost and state away');
  }
  await bench.readyMx();
  await bench.drain();
  return true;
}

async function comeBack(context: TestContext, withState: boolean): Promise<void> {
  await using disk = await makeDisk(context);
  await using bench = await makeBenchOn(disk, withState);
  await bench.readyMx();
  const calls = fileCalls(await recordDelivery(bench, bench.newMessage('recorded', { recipients: 2 })));
  // From there on the disk has a message whose 250 is still to be said.
  const stored = calls.filter((call) => (call.name === 'fsync' || call.name === 'close') && call.text.includes('/new>'));
  const chosen = FORM === 'full' ? calls : choose(stored, TRIED, createRandom(SEED));
  let cuts = 0;
  for (const call of chosen) {
    if (FORM === 'full' || cuts < COMING_BACK) cuts += (await cutAndComeBack(bench, disk, call)) ? 1 : 0;
  }
  const comparison = compare(bench.ledger, readMaildirCopies(join(disk.path, MAIL)));
  console.log(formatReport(`power cuts with recovery, seed ${SEED}`, [{ what: `${cuts} cuts`, comparison }]));
  expect(comparison.problems).toEqual([]);
  expect(cuts).toBeGreaterThan(0);
}

test('the power goes, and comes back; the state survives: no second copy', (context) => comeBack(context, false));

test('the power goes, and comes back; the state is on that disk, as old as its last sync', (context) => comeBack(context, true));
