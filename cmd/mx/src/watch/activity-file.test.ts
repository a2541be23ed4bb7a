import { expect, it, onTestFinished } from 'vitest';
import { createActivity, describeActivity, openActivityFile } from './activity-file.ts';

const SHA256 = 'ab'.repeat(32);

/** What changes within a turn is in the file at its end. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function opened() {
  const file = openActivityFile();
  onTestFinished(() => file.close());
  return { file, activity: createActivity(file.descriptor) };
}

it('says what each message is at, and nothing of those that are over', async () => {
  const { file, activity } = opened();
  expect(file.read()).toEqual([]);
  const first = activity.begin('session1');
  const second = activity.begin('session2');
  await turn();
  expect(file.read()).toEqual([
    { stage: 'receiving', session: 'session1' },
    { stage: 'receiving', session: 'session2' },
  ]);
  second.reach('judging', { sha256: SHA256, sizeBytes: 1234 });
  first.end();
  first.reach('delivering', { sha256: SHA256, sizeBytes: 1 });
  await turn();
  expect(file.read()).toEqual([{ stage: 'judging', session: 'session2', sha256: SHA256, sizeBytes: 1234 }]);
  activity.begin('session3');
  second.reach('delivering', { sha256: SHA256, sizeBytes: 1234 });
  await turn();
  expect(file.read().map(({ stage }) => stage)).toEqual(['receiving', 'delivering']);
});

it('names a message before anything is done with it, and by then no longer those that are over', () => {
  const { file, activity } = opened();
  const before = activity.begin('session1');
  before.reach('judging', { sha256: SHA256, sizeBytes: 1 });
  expect(file.read()).toEqual([{ stage: 'judging', session: 'session1', sha256: SHA256, sizeBytes: 1 }]);
  before.end();
  activity.begin('session2').reach('judging', { sha256: SHA256, sizeBytes: 2 });
  expect(file.read()).toEqual([{ stage: 'judging', session: 'session2', sha256: SHA256, sizeBytes: 2 }]);
  const other = activity.begin('session3');
  other.reach('judging', { sha256: SHA256, sizeBytes: 3 });
  other.end();
  activity.freeze();
  expect(file.read()).toHaveLength(1);
});

it('keeps what is there once it is frozen', async () => {
  const { file, activity } = opened();
  const message = activity.begin('session1');
  message.reach('judging', { sha256: SHA256, sizeBytes: 1 });
  activity.freeze();
  message.end();
  activity.begin('session2');
  await turn();
  expect(file.read()).toHaveLength(1);
});

it('goes on with more messages than it has room for', async () => {
  const { file, activity } = opened();
  const all = Array.from({ length: 2_000 }, (_, i) => activity.begin(`session${i}`));
  await turn();
  expect(file.read()).toHaveLength(512);
  for (const one of all) one.end();
  await turn();
  expect(file.read()).toEqual([]);
  activity.begin('again');
  await turn();
  expect(file.read()).toEqual([{ stage: 'receiving', session: 'again' }]);
});

it('names three, and those first whose content is known', () => {
  const judging = { stage: 'judging', session: 's2', sha256: SHA256, sizeBytes: 5 } as const;
  const receiving = { stage: 'receiving', session: 's1' } as const;
  expect(describeActivity([])).toBe('no message was on its way');
  expect(describeActivity([receiving, judging])).toBe(`it was judging ${SHA256} of 5 octets in session s2, receiving in session s1`);
  expect(describeActivity([receiving, judging, receiving, receiving, receiving])).toMatch(/, and 2 more$/u);
  expect(describeActivity(Array.from({ length: 512 }, () => judging)).length).toBeLessThan(500);
});
