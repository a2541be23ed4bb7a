import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createShrinking } from './shrinking.ts';

const HOUR_MS = 3_600_000;

function create() {
  const folder = mkdtempSync(join(tmpdir(), 'vratny-shrinking-'));
  let nowMs = 0;
  const shrinking = createShrinking(join(folder, 'directory.db'), () => nowMs);
  return {
    ...shrinking,
    pass: (ms: number) => {
      nowMs += ms;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

it('compares a file with what the one before had at last, not with what it had when it was opened', () => {
  using grown = create();
  grown.opened(60);
  grown.leaving(200);
  grown.opened(100);
  expect(grown.doubt()).toMatch(/100 domains, 200 before/u);
  using emptied = create();
  emptied.opened(100);
  emptied.leaving(85);
  emptied.opened(85);
  expect(emptied.doubt()).toBeUndefined();
});

it('believes a smaller file after an hour, whatever is added to it meanwhile', () => {
  using shrinking = create();
  shrinking.opened(200);
  shrinking.opened(100);
  shrinking.pass(HOUR_MS / 2);
  shrinking.opened(101);
  expect(shrinking.doubt()).toMatch(/101 domains, 200 before/u);
  shrinking.pass(HOUR_MS / 2);
  expect(shrinking.doubt()).toBeUndefined();
});

it('notices what files lose in small steps, for a week, and takes for meant what is taken out of a file that stands there', () => {
  using stepping = create();
  const replace = (domains: number, atLast = domains): void => {
    stepping.opened(domains);
    stepping.leaving(atLast);
  };
  for (const domains of [100, 95, 91]) replace(domains);
  expect(stepping.doubt()).toBeUndefined();
  stepping.opened(88);
  expect(stepping.doubt()).toMatch(/88 domains, 100 before/u);
  stepping.opened(91);
  expect(stepping.doubt()).toBeUndefined();
  stepping.leaving(70);
  replace(70);
  expect(stepping.doubt()).toBeUndefined();
  stepping.pass(7 * 24 * HOUR_MS);
  stepping.opened(63);
  expect(stepping.doubt()).toBeUndefined();
  stepping.leaving(63);
  stepping.opened(60);
  expect(stepping.doubt()).toMatch(/60 domains, 70 before/u);
});

it('compares with a file that stood there for long, too', () => {
  using long = create();
  long.opened(100);
  long.pass(30 * 24 * HOUR_MS);
  long.leaving(100);
  long.opened(80);
  expect(long.doubt()).toMatch(/80 domains, 100 before/u);
});
