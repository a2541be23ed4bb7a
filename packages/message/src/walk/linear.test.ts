import { expect, test } from 'vitest';
import { collectNames } from '../collect-names.ts';
import { contentOf } from '../spool.ts';
import { WALK_LIMITS } from './recorder.ts';
import { lines, multi } from './testing/case.fixture.ts';
import { walkMessage } from './walk-message.ts';

const part = (name: string) => [`Content-Type: a/b; name="${name}"`, '', 'x'];
const kindsOf = async (message: Buffer, limits = WALK_LIMITS) =>
  (await walkMessage(contentOf(message), limits)).oddities.map(({ kind }) => kind);

test('10,000 parts are all there', async () => {
  const message = multi(...Array.from({ length: 10_000 }, (_, i) => part(`${i}.txt`)));
  const { tree, ambiguous } = await collectNames(contentOf(message));
  expect(tree.parts.length).toBe(10_001);
  expect(tree.parts.at(-1)?.names).toEqual(['9999.txt']);
  expect(ambiguous).toBe(false);
});

test('parts, depth and decoded octets above the limits are reported', async () => {
  expect(await kindsOf(multi(part('a'), part('b'), part('c')), { ...WALK_LIMITS, maxParts: 3 })).toContain('limit');
  const deep = lines(...Array.from({ length: 200 }, (_, i) => [`Content-Type: multipart/mixed; boundary=b${i}`, '', `--b${i}`]).flat());
  expect(await kindsOf(deep)).toContain('too-deep');
  const zip = multi(['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'QUJDREVGRw==']);
  expect(await kindsOf(zip, { ...WALK_LIMITS, maxDecodedBytes: 3 })).toContain('limit');
  let nested = lines('Content-Type: a/b; name=a.exe', '', 'x');
  for (let i = 0; i < 12; i += 1)
    nested = lines('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', nested.toString('base64'));
  expect(await kindsOf(nested)).toContain('too-deep');
});

test('fields above what reading them may cost are reported: of one header, and of all', async () => {
  const field = `Content-Type: a/b; x="${'=?utf-8?q?=41?=('.repeat(200)}"; name=a.txt`;
  const many = (count: number) => multi([...Array.from({ length: count }, () => field), '', 'x']);
  expect(await kindsOf(many(5))).not.toContain('header-limit');
  expect(await kindsOf(many(20))).toContain('header-limit');
  const parts = multi(...Array.from({ length: 10 }, () => [field, '', 'x']));
  expect(await kindsOf(parts)).not.toContain('limit');
  const { oddities, ambiguous, carriesAttachment } = await collectNames(contentOf(parts), { ...WALK_LIMITS, maxFieldBytes: 10_000 });
  expect(oddities.map(({ kind }) => kind)).toContain('limit');
  expect([ambiguous, carriesAttachment]).toEqual([true, true]);
});

test('a harmless oddity a thousand times does not hide the one that decides', async () => {
  const odd = ['Content-Transfer-Encoding: x-none', '', 'x'];
  const message = multi(...Array.from({ length: 1_200 }, () => odd), ['Content-Type: message/partial; id=x', '', 'x']);
  expect(await kindsOf(message)).toContain('partial-message');
});

test('300,000 header lines are read', async () => {
  const message = Buffer.concat([Buffer.from('X-Y: 0123456789\r\n'.repeat(300_000)), lines('Content-Type: a/b; name=a.txt', '', 'x')]);
  expect((await walkMessage(contentOf(message))).parts[0]?.names).toEqual(['a.txt']);
});

test('other work gets its turn between chunks', async () => {
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns += 1;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  await walkMessage(contentOf(Buffer.alloc(2 * 1024 * 1024, 'x\r\n')));
  running = false;
  // One for each 16 KiB: what is made to cost takes a thousand times as long as this.
  expect(turns).toBeGreaterThanOrEqual(128);
});
