import { expect, it } from 'vitest';
import { ACTOR, answer, ask } from './contract/opened.ts';
import { createDirectory } from './create-directory.ts';
import { createBudget, createFreshDirectory } from './fresh/fresh-directory.ts';
import { createMemoryKnown } from './fresh/known.ts';
import { createMemoryDirectory } from './memory.ts';
import { DirectoryFault } from './port.ts';
import type { Entry } from './store.ts';

const RELAY = 'smtp://relay.test:25';

it('hands what leads outside to the relay, and serves the targets of ours beside it', async () => {
  const directory = createMemoryDirectory({ now: () => new Date(0), forwarding: RELAY });
  await directory.addDomain('one.test', 'd', ACTOR);
  await directory.addMailbox('alice@one.test', {}, ACTOR);
  await directory.addAlias('both@one.test', ['alice@one.test', 'al@far.test'], ACTOR);
  await directory.addAlias('list@one.test', ['both@one.test', 'al@far.test'], ACTOR);
  const [alice, outside] = [{ address: 'alice@one.test' }, { address: 'al@far.test', store: RELAY }];
  expect(await ask(directory, 'both@one.test')).toMatchObject({ kind: 'mailboxes', mailboxes: [alice, outside] });
  expect(await answer(directory, 'list@one.test')).toBe('alice@one.test al@far.test');
  await expect(directory.addAlias('gone@one.test', ['nobody@one.test', 'al@far.test'], ACTOR)).rejects.toThrow(
    'no mailbox or alias nobody@',
  );
});

it('refuses aliases that lead outside where nothing forwards', async () => {
  const directory = createMemoryDirectory({ now: () => new Date(0) });
  await directory.addDomain('one.test', 'd', ACTOR);
  await expect(directory.addAlias('out@one.test', ['al@far.test'], ACTOR)).rejects.toThrow('al@far.test is not ours');
});

it('sends nothing on by what a process remembers, since a domain that it has not asked for may be ours', async () => {
  const entries: Readonly<Record<string, Entry>> = {
    'out@one.test': { kind: 'alias', targets: ['al@far.test'] },
    'pipe@one.test': { kind: 'alias', targets: ['|/usr/bin/true'] },
  };
  let isAway = false;
  const source = <T>(found: T): Promise<T> => (isAway ? Promise.reject(new DirectoryFault('away')) : Promise.resolve(found));
  const directory = createFreshDirectory({
    source: {
      findDomains: (names) =>
        source(new Map(names.filter((name) => name === 'one.test').map((name) => [name, { name, letter: 'd' } as const]))),
      findEntries: (addresses) => source(new Map(addresses.flatMap((one) => (entries[one] === undefined ? [] : [[one, entries[one]]])))),
      hasDomains: () => source(true),
      listStores: async () => [],
    },
    known: createMemoryKnown(() => 0),
    budget: createBudget(100, () => 0),
    forwarding: RELAY,
    monotonicMs: () => 0,
    close: async () => undefined,
  });
  expect(await answer(directory, 'out@one.test')).toBe('al@far.test');
  await expect(answer(directory, 'pipe@one.test')).rejects.toThrow('which is no address');
  isAway = true;
  await expect(answer(directory, 'out@one.test')).rejects.toThrow('away');
});

it('gives nothing to the relay by a file that may have lost domains', async () => {
  const entries: Readonly<Record<string, Entry>> = { 'out@one.test': { kind: 'alias', targets: ['al@far.test'] } };
  const rows = {
    findDomain: (name: string) => (name === 'one.test' ? ({ name, letter: 'd' } as const) : undefined),
    hasDomains: () => true,
    findEntry: (address: string) => entries[address],
    listStores: async () => [],
  };
  const doubted = createDirectory({
    read: (work) => work(rows),
    isReplaced: () => false,
    doubt: () => 'the file lost domains',
    forwarding: RELAY,
    close: async () => undefined,
  });
  await expect(answer(doubted, 'out@one.test')).rejects.toThrow('lost domains');
});
