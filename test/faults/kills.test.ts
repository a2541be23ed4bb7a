import { expect, test } from 'vitest';
import { type Bench, makeBench } from './bench.ts';
import { choose, createRandom, FORM, SEED } from './form.ts';
import { type Kill, type KilledMessage, killAt, killUntilMet } from './kills.ts';
import { compare } from './ledger/compare.ts';
import { formatReport } from './ledger/report.ts';
import { type Call, describeCall, isInternal } from './strace/calls.ts';
import { recordDelivery } from './strace/record.ts';

/** Above what is kept in memory, so that the spool is a file. */
const LARGE_BYTES = 300_000;

const SHAPES: readonly (KilledMessage & { readonly name: string })[] = [
  { name: 'one mailbox', recipients: 1, bodyBytes: 400 },
  { name: 'two mailboxes', recipients: 2, bodyBytes: 400 },
  { name: 'two mailboxes, 300 kB', recipients: 2, bodyBytes: LARGE_BYTES },
];

/** In the short form: one point of the first shape besides those that matter most, and one of one of the others; the seed chooses. */
const CHOSEN = 1;
/** Mailboxes of a world: one for each message and for each worker that has to be warmed. */
const MAILBOXES = { short: 150, full: 6_000 };

/** Between these lies whatever a lost acknowledgement can be about. */
function mattersMost({ thread, name, text }: Call): boolean {
  if (thread === 'files') return name === 'rename' || (name === 'fsync' && text.includes('/new>'));
  return name === 'write' ? /^\d+<[^>]*>, "(?:250|Return-Path)/u.test(text) : /^\d+<socket[^>]*>, "250 2\.0\.0 </u.test(text);
}

function pointsFor(calls: readonly Call[], shape: string): readonly Call[] {
  // Between two calls of the other thread the main thread waits: once through all of these waits is enough.
  const all = calls.filter((call) => !isInternal(call) && (call.name !== 'epoll_pwait' || shape === 'one mailbox'));
  if (FORM === 'full') return all;
  const best = shape === 'one mailbox' ? all.filter(mattersMost) : [];
  const others = all.filter((call) => !best.includes(call) && call.name !== 'epoll_pwait');
  return [...best, ...choose(others, CHOSEN, createRandom(SEED))];
}

interface Killed {
  readonly point: Call;
  readonly kills: readonly Kill[];
}

async function killEverywhere(bench: Bench, shape: (typeof SHAPES)[number]): Promise<readonly Killed[]> {
  const calls = await recordDelivery(bench, bench.newMessage('recorded', shape));
  const killed: Killed[] = [];
  for (const point of pointsFor(calls, shape.name)) {
    const kills = mattersMost(point) ? await killUntilMet(bench, point, shape) : [await killAt(bench, point, shape)];
    killed.push({ point, kills });
  }
  return killed;
}

function describeKilled({ point, kills }: Killed): string {
  const seen = kills.map((kill) => (kill.hit === undefined ? 'not reached' : kill.seen));
  return `  ${describeCall(point)}: ${seen.join(', ')}`;
}

const CHOSEN_SHAPES = FORM === 'full' ? SHAPES : [...SHAPES.slice(0, 1), ...choose(SHAPES.slice(1), CHOSEN, createRandom(SEED))];
const ROWS = (['maildir', 'lmtp'] as const).flatMap((kind) => CHOSEN_SHAPES.map((shape) => ({ kind, shape })));

test.each(ROWS)('kill -9 at the system calls of a delivery: $kind, $shape.name', async ({ kind, shape }) => {
  await using bench = await makeBench(kind, { mailboxes: MAILBOXES[FORM] });
  await bench.readyMx();
  const killed = await killEverywhere(bench, shape);
  const comparison = compare(bench.ledger, bench.stored());
  const report = formatReport(`kill -9, ${kind}, ${shape.name}, seed ${SEED}`, [{ what: `${killed.length} system calls`, comparison }]);
  console.log([report, ...killed.map(describeKilled)].join('\n'));
  expect(comparison.problems).toEqual([]);
  expect(killed.length).toBeGreaterThan(0);
  // Whoever is about to say 250 has written down who has the message.
  const late = killed.flatMap((one) => one.kills).filter((kill) => kill.hit?.includes('"250 2.0.0 stored') === true);
  expect(late.filter((kill) => kill.excused > 0)).toEqual([]);
  // Not one of these may have been passed over, or the rest shows less than it says.
  const met = ({ kills }: Killed) => kills.some((kill) => kill.hit !== undefined && kill.seen === 'lost');
  expect(killed.filter((one) => mattersMost(one.point) && shape.recipients === 1 && !met(one)).map(describeKilled)).toEqual([]);
});
