import type { Letter } from '@vratny/hosts';
import { describe, expect, it } from 'vitest';
import { ALIAS_DEPTH_MAX } from '../limits.ts';
import { DirectoryFault, type Domain } from '../port.ts';
import { type Register, RegisterRefusal } from '../register.ts';
import { ACTOR, answer, type OpenDirectory, START, withOpened } from './opened.ts';
import { REFUSALS } from './refusals.ts';
import { fillSite } from './site.ts';

/** What every {@link import('../register.ts').Register} does. */
export function registerContract(name: string, open: OpenDirectory): void {
  describe(`${name}: refusals`, () => {
    it.each(REFUSALS)('$what', ({ change, says }) =>
      withOpened(open, async ({ register }) => {
        await fillSite(register);
        const before = await register.listAudit(100);
        await expect(change(register)).rejects.toThrow(RegisterRefusal);
        await expect(change(register)).rejects.toThrow(says);
        expect(await register.listAudit(100)).toEqual(before);
      }),
    );
  });
  describe(`${name}: changes`, () => {
    policyTests(open);
    acceptedTests(open);
    leavingTests(open);
    kindTests(open);
    settingTests(open);
    storeTests(open);
    aliasTests(open);
    listTests(open);
    usageTests(open);
  });
}

function policyTests(open: OpenDirectory): void {
  it('keeps every letter that was left through changes in a row, and the same letter changes nothing', () =>
    withOpened(open, async ({ register }) => {
      const later = new Date(START.getTime() + 1000);
      await register.addDomain('one.test', 'c', ACTOR);
      expect(await register.setPolicy('one.test', 'c', START, ACTOR)).toEqual({ name: 'one.test', letter: 'c' });
      await register.setPolicy('one.test', 'd', START, ACTOR);
      const earlier = (['c', 'd'] as const).map((letter) => ({ letter, since: START }));
      const moved = { name: 'one.test', letter: 'b', previous: { letter: 'd', graceUntil: later }, earlier };
      expect(await register.setPolicy('one.test', 'b', later, ACTOR)).toEqual(moved);
      expect(await register.setPolicy('one.test', 'b', START, ACTOR)).toEqual(moved);
      expect(await register.listDomains()).toEqual([moved]);
      expect((await register.listAudit(10)).map((entry) => entry.action)).toEqual(['domain.policy', 'domain.policy', 'domain.add']);
    }));
}

function acceptedTests(open: OpenDirectory): void {
  it('keeps every letter that was chosen, since when, until the domain goes', () =>
    withOpened(open, async ({ register }) => {
      await register.addDomain('one.test', 'c', ACTOR);
      await register.addDomain('two.test', 'd', ACTOR);
      for (const letter of ['d', 'b', 'd'] as const) await register.setPolicy('one.test', letter, START, ACTOR);
      const accepted = ['b', 'c', 'd'].map((letter) => ({ letter, since: START }));
      const listed = await register.listAcceptedLetters('one.test');
      expect(listed.toSorted((one, other) => (one.letter < other.letter ? -1 : 1))).toEqual(accepted);
      expect(await register.listAcceptedLetters('two.test')).toEqual([{ letter: 'd', since: START }]);
      await register.removeRecords([{ kind: 'domain', name: 'one.test' }], ACTOR, {});
      await register.addDomain('one.test', 'a', ACTOR);
      expect(await register.listAcceptedLetters('one.test')).toEqual([{ letter: 'a', since: START }]);
    }));

  it('chooses one letter for many domains, all or none', () =>
    withOpened(open, async ({ register }) => {
      for (const name of ['one.test', 'two.test', 'three.test']) await register.addDomain(name, 'd', ACTOR);
      const changes = await register.setPolicies(['one.test', 'Two.Test'], 'b', START, ACTOR);
      expect(changes.map(({ action, subject }) => `${action} ${subject}`)).toEqual(['domain.policy one.test', 'domain.policy two.test']);
      expect(await register.setPolicies(['one.test'], 'b', START, ACTOR)).toEqual([]);
      await expect(register.setPolicies(['three.test', 'for.test'], 'a', START, ACTOR)).rejects.toMatchObject({ index: 1 });
      expect((await register.listDomains()).map(({ name, letter }) => `${name} ${letter}`)).toEqual([
        'one.test b',
        'three.test d',
        'two.test b',
      ]);
    }));
}

function leavingTests(open: OpenDirectory): void {
  const day = 86_400_000;
  const at = (ms: number): Date => new Date(START.getTime() + ms);
  /** A domain that went from d over b to c. */
  const moved = async (register: Register): Promise<void> => {
    await register.addDomain('one.test', 'd', ACTOR);
    for (const letter of ['b', 'c'] as const) await register.setPolicy('one.test', letter, START, ACTOR);
  };
  const see = (register: Register, letter: Letter, sight: 'named' | 'omitted', ms: number, ttlSeconds?: number) =>
    register.noteSights('One.Test', [{ letter, sight, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }], at(ms), ACTOR);
  const leftOf = (domain: Domain | undefined, letter: Letter) => domain?.earlier?.find((one) => one.letter === letter)?.seenLeft;

  it('a letter is left after two looks that span twice its largest old TTL, and no other', () =>
    withOpened(open, async ({ register, directory }) => {
      await moved(register);
      await see(register, 'd', 'named', 0, 86_400);
      await see(register, 'd', 'named', 1000, 300);
      await see(register, 'd', 'omitted', 2000);
      expect(leftOf(await see(register, 'd', 'omitted', 2000 + 2 * day - 1), 'd')).toBeUndefined();
      const left = await see(register, 'd', 'omitted', 2000 + 2 * day);
      expect(left.earlier).toEqual([
        { letter: 'b', since: START },
        { letter: 'd', since: START, seenLeft: at(2000 + 2 * day) },
      ]);
      expect(await directory.findDomain('one.test')).toEqual(left);
      expect((await register.listDomains()).map(({ earlier }) => earlier)).toEqual([left.earlier]);
      const [entry] = await register.listAudit(1);
      expect(entry).toMatchObject({ action: 'domain.left', subject: 'one.test' });
      expect(entry?.detail).toBe(`no name server has named the hosts of d since ${at(2000).toISOString()}`);
      // What is left stays left, whatever a later look shows.
      expect(await see(register, 'd', 'named', 9 * day, 60)).toEqual(left);
    }));

  it('short TTLs take a day, one that nobody saw two, and a longer one that a cache shows as long as that', () =>
    withOpened(open, async ({ register }) => {
      await moved(register);
      await see(register, 'd', 'named', 0, 60);
      for (const letter of ['d', 'b'] as const) await see(register, letter, 'omitted', 0);
      expect(leftOf(await see(register, 'd', 'omitted', day - 1), 'd')).toBeUndefined();
      expect(leftOf(await see(register, 'd', 'omitted', day), 'd')).toEqual(at(day));
      await see(register, 'b', 'omitted', day, 200_000);
      expect(leftOf(await see(register, 'b', 'omitted', 4 * day), 'b')).toBeUndefined();
      expect(leftOf(await see(register, 'b', 'omitted', 5 * day), 'b')).toEqual(at(5 * day));
      await register.setPolicy('one.test', 'a', START, ACTOR);
      await see(register, 'c', 'omitted', 0);
      expect(leftOf(await see(register, 'c', 'omitted', 2 * day - 1), 'c')).toBeUndefined();
      expect(leftOf(await see(register, 'c', 'omitted', 2 * day), 'c')).toEqual(at(2 * day));
    }));

  it('what is left of a TTL in a cache is not the TTL, which nobody saw', () =>
    withOpened(open, async ({ register }) => {
      await moved(register);
      await see(register, 'd', 'omitted', 0, 300);
      expect(leftOf(await see(register, 'd', 'omitted', 2 * day - 1, 300), 'd')).toBeUndefined();
      expect(leftOf(await see(register, 'd', 'omitted', 2 * day), 'd')).toEqual(at(2 * day));
    }));

  it('a look that finds a host named begins anew, and looks say nothing of the present letter or of one that was never chosen', () =>
    withOpened(open, async ({ register }) => {
      await moved(register);
      const audit = await register.listAudit(100);
      await see(register, 'b', 'omitted', 0, 60);
      await see(register, 'b', 'named', day - 1, 60);
      await see(register, 'b', 'omitted', day);
      expect(leftOf(await see(register, 'b', 'omitted', 2 * day - 1), 'b')).toBeUndefined();
      for (const letter of ['a', 'c'] as const) for (const ms of [0, 9 * day]) await see(register, letter, 'omitted', ms);
      expect((await register.listAcceptedLetters('one.test')).map(({ letter, seenLeft }) => [letter, seenLeft])).toEqual([
        ['b', undefined],
        ['c', undefined],
        ['d', undefined],
      ]);
      expect(await register.listAudit(100)).toEqual(audit);
      await expect(register.noteSights('three.test', [], START, ACTOR)).rejects.toThrow(RegisterRefusal);
    }));

  it('a letter that is chosen again is accepted anew, and what was seen of it before is forgotten', () =>
    withOpened(open, async ({ register }) => {
      await moved(register);
      for (const ms of [0, 2 * day]) await see(register, 'd', 'omitted', ms);
      await see(register, 'b', 'omitted', 0);
      for (const letter of ['d', 'b', 'c'] as const) await register.setPolicy('one.test', letter, START, ACTOR);
      for (const letter of ['d', 'b'] as const) expect(leftOf(await see(register, letter, 'omitted', 3 * day), letter)).toBeUndefined();
    }));

  it('takes more letters from a record, and none away', () =>
    withOpened(open, async ({ register }) => {
      const put = (name: string, earlier: readonly Letter[]) =>
        register.putRecords([{ kind: 'domain', name, letter: 'b', defaultLetter: 'd', earlier }], ACTOR, { graceUntil: START });
      await put('one.test', ['d', 'b']);
      expect((await register.listDomains())[0]?.earlier).toEqual([{ letter: 'd', since: new Date(0) }]);
      expect((await put('one.test', ['c', 'd'])).map(({ action, detail }) => `${action}: ${detail}`)).toEqual([
        'domain.accept: hosts of c accept too, until the world has left them',
      ]);
      expect(await put('one.test', [])).toEqual([]);
      expect((await register.listDomains())[0]?.earlier?.map(({ letter }) => letter)).toEqual(['c', 'd']);
    }));
}

function kindTests(open: OpenDirectory): void {
  it('keeps what a domain is an alias of, and who knows its mailboxes, through other changes', () =>
    withOpened(open, async ({ register, directory }) => {
      await register.addDomain('one.test', 'c', ACTOR, { mailboxes: 'store' });
      const added = await register.addDomain('ONE.example', 'b', ACTOR, { aliasOf: 'One.test' });
      expect(added).toEqual({ name: 'one.example', letter: 'b', aliasOf: 'one.test' });
      await register.setPolicy('one.example', 'a', START, ACTOR);
      const earlier = [{ letter: 'b', since: START }];
      const moved = { name: 'one.example', letter: 'a', previous: { letter: 'b', graceUntil: START }, earlier, aliasOf: 'one.test' };
      expect(await register.listDomains()).toEqual([moved, { name: 'one.test', letter: 'c', mailboxes: 'store' }]);
      expect(await directory.findDomain('one.example')).toEqual(moved);
      expect(await register.setMailboxes('one.test', 'directory', ACTOR)).toEqual({
        name: 'one.test',
        letter: 'c',
        mailboxes: 'directory',
      });
      expect(await register.setMailboxes('one.test', null, ACTOR)).toEqual({ name: 'one.test', letter: 'c' });
      await register.setMailboxes('one.test', null, ACTOR);
      const audit = (await register.listAudit(3)).map(({ action, detail }) => [action, detail]);
      expect(audit).toEqual([
        ['domain.mailboxes', "the site's own choice"],
        ['domain.mailboxes', 'mailboxes known to the directory'],
        ['domain.policy', 'policy a; hosts of b accept until the world has left them'],
      ]);
    }));
}

function settingTests(open: OpenDirectory): void {
  it('changes one setting and leaves the others, whatever the case of the address', () =>
    withOpened(open, async ({ register }) => {
      await fillSite(register);
      await register.setUsage('alice@one.test', 5);
      const alice = { address: 'alice@one.test', quotaBytes: 1000, usedBytes: 5, antispam: true, enabled: true };
      expect(await register.setEnabled('Alice@ONE.test', false, ACTOR)).toEqual({ ...alice, enabled: false });
      expect(await register.setEnabled('alice@one.test', true, ACTOR)).toEqual(alice);
      expect(await register.setQuota('alice@one.test', 2 ** 40, ACTOR)).toEqual({ ...alice, quotaBytes: 2 ** 40 });
      const { quotaBytes: _, ...unlimited } = alice;
      expect(await register.setQuota('alice@one.test', null, ACTOR)).toEqual(unlimited);
      expect(await register.setAntispam('alice@one.test', false, ACTOR)).toEqual({ ...unlimited, antispam: false });
      expect((await register.listMailboxes('one.test')).find((mailbox) => mailbox.address === 'alice@one.test')).toEqual({
        ...unlimited,
        antispam: false,
      });
    }));

  it('writes one line of audit per change, in words, and none where nothing changed', () =>
    withOpened(open, async ({ register }) => {
      await register.addDomain('Bücher.test', 'c', ACTOR);
      await register.addMailbox('Alice@bücher.TEST', { quotaBytes: 100 * 1024 ** 2 }, ACTOR);
      await register.setEnabled('alice@xn--bcher-kva.test', true, ACTOR);
      await register.setQuota('alice@xn--bcher-kva.test', 1000, 'panel:owner');
      await register.addAlias('abuse@xn--bcher-kva.test', ['ALICE@xn--bcher-kva.test', 'alice@xn--bcher-kva.test'], ACTOR);
      const at = START;
      expect(await register.listAudit(3)).toEqual([
        { at, actor: ACTOR, action: 'alias.add', subject: 'abuse@xn--bcher-kva.test', detail: 'to alice@xn--bcher-kva.test' },
        { at, actor: 'panel:owner', action: 'mailbox.quota', subject: 'alice@xn--bcher-kva.test', detail: 'quota 1000 octets' },
        { at, actor: ACTOR, action: 'mailbox.add', subject: 'alice@xn--bcher-kva.test', detail: 'quota 100 MiB, antispam off' },
      ]);
      expect(await register.listAudit(100)).toHaveLength(4);
      expect(await register.listAudit(-1)).toEqual([]);
    }));
}

function storeTests(open: OpenDirectory): void {
  it('names the store of a mailbox, lists the stores, and goes back to the one of the site', () =>
    withOpened(open, async ({ register }) => {
      await fillSite(register);
      expect(await register.listStores()).toEqual([]);
      const added = await register.addMailbox('erin@one.test', { store: 'lmtp://b:24' }, ACTOR);
      expect(added).toEqual({ address: 'erin@one.test', usedBytes: 0, store: 'lmtp://b:24', antispam: false, enabled: true });
      await register.setStore('Dave@two.test', 'maildir:/srv/mail', ACTOR);
      await register.setStore('alice@one.test', 'lmtp://b:24', ACTOR);
      await register.setQuota('alice@one.test', 2000, ACTOR);
      expect(await register.listStores()).toEqual(['lmtp://b:24', 'maildir:/srv/mail']);
      const alice = { address: 'alice@one.test', quotaBytes: 2000, usedBytes: 0, antispam: true, enabled: true };
      expect((await register.listMailboxes('one.test'))[0]).toEqual({ ...alice, store: 'lmtp://b:24' });
      expect(await register.setStore('alice@one.test', null, ACTOR)).toEqual(alice);
      // What is so already leaves no line.
      await register.setStore('alice@one.test', null, ACTOR);
      const audit = (await register.listAudit(5)).map(({ action, subject, detail }) => [action, subject, detail]);
      expect(audit).toEqual([
        ['mailbox.store', 'alice@one.test', "the site's own store"],
        ['mailbox.quota', 'alice@one.test', 'quota 2000 octets'],
        ['mailbox.store', 'alice@one.test', 'store lmtp://b:24'],
        ['mailbox.store', 'dave@two.test', 'store maildir:/srv/mail'],
        ['mailbox.add', 'erin@one.test', 'no quota, antispam off, store lmtp://b:24'],
      ]);
    }));
}

function aliasTests(open: OpenDirectory): void {
  it('allows as many aliases behind one another as the limit says, and abuse follows the alias of postmaster', () =>
    withOpened(open, async ({ register, directory }) => {
      await fillSite(register);
      let last = 'bob@one.test';
      for (let link = 1; link <= ALIAS_DEPTH_MAX; link++) {
        await register.addAlias(`link${link}@one.test`, [last], ACTOR);
        last = `link${link}@one.test`;
      }
      expect(await answer(directory, last)).toBe('bob@one.test');
      await expect(register.addAlias('end@one.test', [last], ACTOR)).rejects.toThrow(`more than ${ALIAS_DEPTH_MAX} aliases`);
      await register.addAlias('postmaster@one.test', ['alice@one.test'], ACTOR);
      expect(await answer(directory, 'abuse@one.test')).toBe('alice@one.test');
    }));

  it('delays mail when a new alias of postmaster makes an older way too long', () =>
    withOpened(open, async ({ register, directory }) => {
      await register.addDomain('one.test', 'd', ACTOR);
      await register.addMailbox('bob@one.test', {}, ACTOR);
      let above = 'postmaster@one.test';
      let below = 'bob@one.test';
      for (let link = 1; link < ALIAS_DEPTH_MAX; link++) {
        above = (await register.addAlias(`above${link}@one.test`, [above], ACTOR)).address;
        below = (await register.addAlias(`below${link}@one.test`, [below], ACTOR)).address;
      }
      await register.addAlias('postmaster@one.test', [below], ACTOR);
      await expect(answer(directory, above)).rejects.toThrow(DirectoryFault);
      expect(await answer(directory, 'postmaster@one.test')).toBe('bob@one.test');
    }));
}

function listTests(open: OpenDirectory): void {
  it('lists by name', () =>
    withOpened(open, async ({ register }) => {
      await fillSite(register);
      expect((await register.listDomains()).map((domain) => domain.name)).toEqual([
        'bare-alias.test',
        'bare.test',
        'one.test',
        'other.test',
        'two.test',
      ]);
      const names = (await register.listMailboxes('one.test')).map((mailbox) => mailbox.address);
      expect(names).toEqual(['alice@one.test', 'all@one.test', 'bob@one.test', 'carol+work@one.test', 'carol@one.test', 'žofie@one.test']);
      expect(await register.listAliases('one.test')).toEqual([
        { address: '@one.test', targets: ['all@one.test'] },
        { address: 'office@one.test', targets: ['sales@one.test', 'bob@one.test', 'postmaster@one.test'] },
        { address: 'sales@one.test', targets: ['alice@one.test', 'bob@one.test'] },
      ]);
      expect(await register.listMailboxes('bare.test')).toEqual([]);
    }));

  it('makes of two equal changes at once one change and one refusal', () =>
    withOpened(open, async ({ register }) => {
      const both = await Promise.allSettled([register.addDomain('one.test', 'a', ACTOR), register.addDomain('one.test', 'b', ACTOR)]);
      expect(both.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await register.listAudit(10)).toHaveLength(1);
    }));

  it('is a fault once closed', () =>
    withOpened(open, async ({ register }) => {
      await register.close();
      await register.close();
      await expect(register.listDomains()).rejects.toThrow(DirectoryFault);
      await expect(register.addDomain('one.test', 'a', ACTOR)).rejects.toThrow(DirectoryFault);
      await expect(register.addUsage('alice@one.test', 1)).rejects.toThrow(DirectoryFault);
    }));
}

function usageTests(open: OpenDirectory): void {
  it('counts what was stored, exactly and without audit, and passes over unknown mailboxes', () =>
    withOpened(open, async ({ register }) => {
      await fillSite(register);
      const audit = await register.listAudit(100);
      await Promise.all(Array.from({ length: 20 }, (_, bytes) => register.addUsage('Bob@one.test', bytes)));
      await register.addUsage('nobody@one.test', 5);
      await register.addUsage('postmaster@one.test', 5);
      const usedBy = async () =>
        (await register.listMailboxes('one.test')).find((mailbox) => mailbox.address === 'bob@one.test')?.usedBytes;
      expect(await usedBy()).toBe(190);
      await register.setUsage('bob@one.test', 3);
      expect(await usedBy()).toBe(3);
      await register.writeUsage([
        { address: 'bob@one.test', countedBytes: 7, addedBytes: 2 },
        { address: 'nobody@one.test', countedBytes: 5, addedBytes: 5 },
      ]);
      expect(await usedBy()).toBe(9);
      await register.writeUsage([{ address: 'Bob@one.test', addedBytes: 1 }]);
      expect(await usedBy()).toBe(10);
      await register.addUsage('bob@one.test', Number.MAX_SAFE_INTEGER);
      expect(await usedBy()).toBe(Number.MAX_SAFE_INTEGER);
      expect(await register.listAudit(100)).toEqual(audit);
    }));
}
