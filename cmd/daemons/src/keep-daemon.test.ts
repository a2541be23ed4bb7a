import { expect, test } from 'vitest';
import { keepDaemon } from './keep-daemon.ts';

type Ending = number | NodeJS.Signals;

/** Daemons that end when they are told; `dies` ends the one started last. */
function scripted({ failFrom = Number.POSITIVE_INFINITY } = {}) {
  const said: string[] = [];
  const stopped: number[] = [];
  const dies: ((why: Ending) => void)[] = [];
  const start = async () => {
    const { promise: exited, resolve } = Promise.withResolvers<Ending>();
    const count = dies.push(resolve);
    if (count >= failFrom) throw new Error('no more\nof these');
    const stop = async () => {
      stopped.push(count);
      resolve('SIGTERM');
      return 'SIGTERM' as const;
    };
    return { exited, stop };
  };
  const until = async (so: () => boolean) => {
    while (!so()) await new Promise((resolve) => setImmediate(resolve));
  };
  return { said, stopped, dies, start, until, options: { name: 'clamd', start, say: (line: string) => void said.push(line) } };
}

test('one that ends is started again, once', async () => {
  const { said, dies, stopped, until, options } = scripted();
  const kept = await keepDaemon(options);
  dies[0]?.('SIGKILL');
  await until(() => dies.length === 2);
  // What the first left behind is ended before the second starts.
  expect(stopped).toEqual([1]);
  dies[1]?.(1);
  await until(() => said.length === 2);
  expect(said).toEqual(['clamd has ended (SIGKILL); it is started again, once', 'clamd has ended again (1) and is not started once more']);
  await kept.stop();
  expect(dies).toHaveLength(2);
});

test('one that does not come back is said', async () => {
  const { said, dies, until, options } = scripted({ failFrom: 2 });
  const kept = await keepDaemon(options);
  dies[0]?.('SIGSEGV');
  await until(() => said.length === 2);
  expect(said[1]).toBe('clamd did not come back: no more');
  await kept.stop();
});

test('one that is stopped stays away, and nothing is said', async () => {
  const { said, dies, stopped, options } = scripted();
  const kept = await keepDaemon(options);
  await kept.stop();
  expect(said).toEqual([]);
  expect(dies).toHaveLength(1);
  expect(new Set(stopped)).toEqual(new Set([1]));
});
