import { expect, it } from 'vitest';
import { BEAT_MS, LATE_MS, SILENT_BEATS } from '../limits.ts';
import { createSilenceWatch } from './silence.ts';

function watched(...workers: readonly string[]) {
  let now = 0;
  const watch = createSilenceWatch<string>(() => now);
  for (const worker of workers) watch.add(worker);
  const look = (times: number, everyMs = BEAT_MS, heard: readonly string[] = []) =>
    Array.from({ length: times }, () => {
      now += everyMs;
      for (const worker of heard) watch.heard(worker);
      return watch.look();
    }).flat();
  return { watch, look };
}

it('tells who says nothing, once, and nobody who is heard', () => {
  const { look } = watched('silent', 'busy');
  expect(look(SILENT_BEATS, BEAT_MS, ['busy'])).toEqual([]);
  expect(look(1, BEAT_MS, ['busy'])).toEqual(['silent']);
  expect(look(30, BEAT_MS, ['busy'])).toEqual([]);
});

it('begins anew after a beat', () => {
  const { watch, look } = watched('slow');
  expect(look(SILENT_BEATS)).toEqual([]);
  watch.heard('slow');
  expect(look(SILENT_BEATS)).toEqual([]);
  expect(look(1)).toEqual(['slow']);
});

it('tells nobody when the primary itself was late, however long and however often', () => {
  const { look } = watched('a', 'b');
  expect(look(SILENT_BEATS)).toEqual([]);
  expect(look(1, 3_600_000)).toEqual([]);
  expect(look(SILENT_BEATS)).toEqual([]);
  expect(look(100, BEAT_MS + LATE_MS + 1)).toEqual([]);
  expect(look(SILENT_BEATS)).toEqual([]);
  expect(look(1)).toEqual(['a', 'b']);
});

it('forgets one that is gone', () => {
  const { watch, look } = watched('gone');
  watch.remove('gone');
  watch.heard('gone');
  expect(look(30)).toEqual([]);
});
