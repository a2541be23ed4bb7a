import { expect, it } from 'vitest';
import { ACTOR, answer, ask } from './contract/opened.ts';
import { createMemoryDirectory } from './memory.ts';

/** A store with these mailboxes in a directory that knows `one.test` itself, and lets the store speak for `two.test`. */
async function open(mailboxes: readonly string[]) {
  const asked: string[] = [];
  const directory = createMemoryDirectory({
    now: () => new Date(0),
    store: {
      mailboxes: 'directory',
      exists: async ({ address, store }) => {
        asked.push(store === undefined ? address : `${address} at ${store}`);
        if (address.startsWith('broken')) throw new Error('451 4.3.0 try later');
        return mailboxes.includes(address);
      },
    },
  });
  await directory.addDomain('one.test', 'd', ACTOR);
  await directory.addDomain('two.test', 'd', ACTOR, { mailboxes: 'store' });
  return { directory, asked };
}

it('asks the store for mailboxes of its domains, and of no others', async () => {
  const { directory, asked } = await open(['alice@two.test', 'bob@one.test']);
  const answers = ['alice@two.test', 'alice+x@two.test', 'nobody@two.test', 'bob@one.test', 'a@three.test', 'abuse@two.test'];
  const found = await Promise.all(answers.map((address) => answer(directory, address)));
  expect(found).toEqual(['alice@two.test', 'alice@two.test', 'unknown', 'unknown', 'elsewhere', 'postmaster@two.test']);
  expect(asked.filter((address) => !address.endsWith('@two.test'))).toEqual([]);
});

it('follows aliases to mailboxes of the store, and the catch-all takes whom it does not know', async () => {
  const { directory } = await open(['alice@two.test', 'bob@two.test']);
  await directory.addAlias('all@two.test', ['alice@two.test', 'gone@two.test', 'postmaster@two.test'], ACTOR);
  await directory.addAlias('@two.test', ['bob@two.test'], ACTOR);
  expect(await answer(directory, 'all@two.test')).toBe('alice@two.test postmaster@two.test bob@two.test');
  expect(await answer(directory, 'nobody@two.test')).toBe('bob@two.test');
  expect(await answer(directory, 'alice@two.test')).toBe('alice@two.test');
});

it('takes the settings of a row, asks the store that it names, and does not believe it', async () => {
  const { directory, asked } = await open(['alice@two.test']);
  await directory.addMailbox('alice@two.test', { antispam: true, store: 'lmtp://b:24' }, ACTOR);
  await directory.addMailbox('bob@two.test', {}, ACTOR);
  expect(await answer(directory, 'alice@two.test')).toBe('alice@two.test');
  expect(await answer(directory, 'bob@two.test')).toBe('unknown');
  expect(asked).toEqual(['alice@two.test at lmtp://b:24', 'bob@two.test']);
});

it('takes the mailbox before the sign where the store takes any extension, and one of the whole name where it does not', async () => {
  const takesAny = createMemoryDirectory({
    now: () => new Date(0),
    extensionSigns: '-',
    store: { mailboxes: 'store', exists: async ({ address }) => /^(?:al|jan-novak)(?:[+-].*)?@/u.test(address) },
  });
  await takesAny.addDomain('two.test', 'd', ACTOR);
  await takesAny.addMailbox('al@two.test', { antispam: true }, ACTOR);
  expect(await ask(takesAny, 'al+shop-x@two.test')).toMatchObject({ mailboxes: [{ address: 'al@two.test', antispam: true }] });
  expect(await answer(takesAny, 'jan-novak-shop@two.test')).toBe('jan-novak@two.test');
  const { directory } = await open(['carol@two.test', 'carol+work@two.test']);
  expect(await answer(directory, 'carol+work@two.test')).toBe('carol+work@two.test');
  expect(await answer(directory, 'carol+home@two.test')).toBe('carol@two.test');
});

it('is a fault when the store cannot tell', async () => {
  const { directory } = await open([]);
  await expect(answer(directory, 'broken@two.test')).rejects.toThrow('the mailbox store: 451 4.3.0 try later');
});
