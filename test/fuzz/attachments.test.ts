import { expect, it } from 'vitest';
import { fuzzAttachments } from './attachments-fuzz.ts';

const RUNS = 150;

it('keeps its promises on mutated mail and archives, the same ones every time', async () => {
  const { runs, refused, forbiddenForOthers, findings } = await fuzzAttachments(20_260, (done) => done < RUNS);
  expect(findings.map(({ promise, detail, message }) => ({ promise, detail, message: message.toString('latin1') }))).toEqual([]);
  expect(runs).toBe(RUNS);
  // The mutations leave enough of the corpus to mean something.
  expect(refused).toBeGreaterThan(RUNS / 2);
  expect(forbiddenForOthers).toBeGreaterThan(10);
}, 60_000);
