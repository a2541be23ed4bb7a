import { describe, expect, it } from 'vitest';
import { ALIAS_DEPTH_MAX } from '../limits.ts';
import { DirectoryFault } from '../port.ts';
import { RegisterRefusal } from '../register.ts';
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
    kindTests(open);
    settingTests(open);
    storeTests(open);
    aliasTests(open);
    listTests(open);
    usageTests(open);
  });
}

function policyTests(open: OpenDirectory): void {
  it('keeps the letter just left through changes in a row, and the same letter changes nothing', () =>
    withOpened(open, async ({ register }) => {
      const later = new Date(START.getTime() + 1000);
      await register.addDomain('one.test', 'c', ACTOR);
      expect(await register.setPolicy('one.test', 'c', START, ACTOR)).toEqual({ name: 'one.test', letter: 'c' });
      await register.setPolicy('one.test', 'd', START, ACTOR);
      const moved = { name: 'one.test', letter: 'b', previous: { letter: 'd', graceUntil: later } };
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

function kindTests(open: OpenDirectory): void {
  it('keeps what a domain is an alias of, and who knows its mailboxes, through other changes', () =>
    withOpened(open, async ({ register, directory }) => {
      await register.addDomain('one.test', 'c', ACTOR, { mailboxes: 'store' });
      const added = await register.addDomain('ONE.example', 'b', ACTOR, { aliasOf: 'One.test' });
      expect(added).toEqual({ name: 'one.example', letter: 'b', aliasOf: 'one.test' });
      await register.setPolicy('one.example', 'a', START, ACTOR);
      const moved = { name: 'one.example', letter: 'a', previous: { letter: 'b', graceUntil: START }, aliasOf: 'one.test' };
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
        ['domain.policy', `policy a; hosts of b accept until ${START.toISOString()}`],
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
