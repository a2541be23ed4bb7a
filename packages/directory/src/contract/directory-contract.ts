import { describe, expect, it } from 'vitest';
import { type Destination, type Directory, DirectoryFault } from '../port.ts';
import { ACTOR, answer, ask, type OpenDirectory, START, withOpened } from './opened.ts';
import { answersOf, fillSite, OUR_TRAITS, type SiteTraits } from './site.ts';

/** What every {@link import('../port.ts').Directory} does. */
export function directoryContract(name: string, open: OpenDirectory, traits: SiteTraits = OUR_TRAITS): void {
  const { quotaBytes, used } = traits;
  describe(`${name}: look-ups`, () => {
    it('resolves every address of the site by its rule', () =>
      withOpened(open, async ({ directory, register }) => {
        await fillSite(register, traits);
        const answers: (readonly [string, string, string])[] = [];
        const expected = answersOf(traits);
        for (const [rule, address] of expected) answers.push([rule, address, await answer(directory, address)]);
        expect(answers).toEqual(expected);
      }));

    it('tells everything about a mailbox and its domain', () =>
      withOpened(open, async ({ directory, register }) => {
        await fillSite(register, traits);
        await register.addUsage('alice@one.test', 7);
        await register.setEnabled('bob@one.test', false, ACTOR);
        await register.setStore('bob@one.test', 'lmtp://store2:24', ACTOR);
        const mailboxes = [
          { address: 'alice@one.test', quotaBytes, usedBytes: used ? 7 : 0, antispam: true, enabled: true },
          { address: 'bob@one.test', usedBytes: 0, store: 'lmtp://store2:24', antispam: false, enabled: false },
        ];
        expect(await askPlainly(directory, 'sales@one.test')).toEqual({
          kind: 'mailboxes',
          domain: { name: 'one.test', letter: 'd' },
          mailboxes,
        });
      }));

    it('makes up a postmaster without limit', () =>
      withOpened(open, async ({ directory, register }) => {
        await register.addDomain('bare.test', 'c', ACTOR);
        const mailboxes = [{ address: 'postmaster@bare.test', usedBytes: 0, antispam: false, enabled: true }];
        expect(await askPlainly(directory, 'abuse@bare.test')).toEqual({
          kind: 'mailboxes',
          domain: { name: 'bare.test', letter: 'c' },
          mailboxes,
        });
      }));

    it('finds domains with the letters that were chosen before', () =>
      withOpened(open, async ({ directory, register }) => {
        await register.addDomain('one.test', 'd', ACTOR);
        await register.setPolicy('one.test', 'b', START, ACTOR);
        expect(await directory.findDomain('one.test')).toEqual({
          name: 'one.test',
          letter: 'b',
          previous: { letter: 'd', graceUntil: START },
          earlier: [{ letter: 'd', since: START }],
        });
        expect(await directory.findDomain('two.test')).toBeUndefined();
      }));

    it('is a fault once closed, never "unknown" or "elsewhere"', () =>
      withOpened(open, async ({ directory, register }) => {
        await fillSite(register, traits);
        await directory.close();
        await directory.close();
        await expect(directory.findDomain('one.test')).rejects.toThrow(DirectoryFault);
        await expect(ask(directory, 'alice@one.test')).rejects.toThrow(DirectoryFault);
      }));
  });
}

/** Without the way to ask again that comes with what was known. */
async function askPlainly(directory: Directory, written: string): Promise<Destination> {
  const found = await ask(directory, written);
  if (found.kind !== 'mailboxes') return found;
  const { askNow: _askNow, ...plain } = found;
  return plain;
}
