import { expect, it } from 'vitest';
import { ask } from '../contract/opened.ts';
import { createBudget, createFreshDirectory } from '../fresh/fresh-directory.ts';
import { createMemoryKnown } from '../fresh/known.ts';
import type { Entry } from '../store.ts';

const mailbox = (address: string): Entry => ({ kind: 'mailbox', mailbox: { address, usedBytes: 0, antispam: false, enabled: true } });
const alias = (...targets: string[]): Entry => ({ kind: 'alias', targets });

const ENTRIES: Readonly<Record<string, Entry>> = {
  'alice@one.test': mailbox('alice@one.test'),
  'bob@one.test': mailbox('bob@one.test'),
  'list@one.test': alias('alice@one.test', 'bob@one.test', 'gone@one.test'),
  '@one.test': alias('alice@one.test'),
  'dave@two.test': mailbox('dave@two.test'),
};

/** A source that counts its questions. */
function open() {
  const asked: string[] = [];
  const directory = createFreshDirectory({
    source: {
      findDomains: async (names) => {
        asked.push(`domains ${names.join(' ')}`);
        const ours = names.filter((name) => ['one.test', 'two.test', 'three.test'].includes(name));
        return new Map(
          ours.map((name) => [name, { name, letter: 'd', ...(name === 'three.test' ? { aliasOf: 'two.test' } : {}) } as const]),
        );
      },
      findEntries: async (addresses) => {
        asked.push(`entries ${addresses.join(' ')}`);
        return new Map(addresses.flatMap((one) => (ENTRIES[one] === undefined ? [] : [[one, ENTRIES[one]] as const])));
      },
      hasDomains: async () => asked.push('has domains') > 0,
      listStores: async () => [],
    },
    known: createMemoryKnown(() => 0),
    budget: createBudget(100, () => 0),
    monotonicMs: () => 0,
    close: async () => undefined,
  });
  return { directory, asked };
}

it.each([
  ['alice+x@one.test', 2],
  ['nobody@one.test', 3],
  ['list@one.test', 3],
  ['nobody@two.test', 2],
  ['postmaster@two.test', 2],
  ['alice@elsewhere.test', 2],
])('%s costs %i questions', async (address, questions) => {
  const { directory, asked } = open();
  await ask(directory, address);
  expect(asked).toHaveLength(questions);
});

it('asks for all names that could take a recipient at once', async () => {
  const { directory, asked } = open();
  await ask(directory, 'A+b+c@one.test');
  expect(asked.slice(0, 2)).toEqual(['domains one.test', 'entries a+b+c@one.test a+b@one.test a@one.test @one.test']);
});
