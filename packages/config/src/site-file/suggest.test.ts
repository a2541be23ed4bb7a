import { expect, it } from 'vitest';
import { suggestKey } from './read-site.ts';

const KNOWN = ['zones', 'zoneFile', 'servers', 'message', 'messagesInFlight'];

it.each([
  ['zonez', 'zones'],
  ['zonse', 'zones'],
  ['zonefile', 'zoneFile'],
  ['mesages', 'message'],
  ['server', 'servers'],
  ['foo', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('%s -> %s', (written, meant) => {
  expect(suggestKey(written, KNOWN)).toBe(meant);
});
