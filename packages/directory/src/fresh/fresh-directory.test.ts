import { describe, expect, it } from 'vitest';
import { answer, ask } from '../contract/opened.ts';
import { DENIED_MS, DENIED_WHILE_AWAY_MS, KNOWN_FRESH_MS } from '../limits.ts';
import { type Directory, DirectoryFault } from '../port.ts';
import type { Entry, Rows } from '../store.ts';
import { createBudget, createFreshDirectory } from './fresh-directory.ts';
import { createMemoryKnown, type Known } from './known.ts';

/** A source with alice, who may be away, and a clock. */
function open(questionsPerSecond = 1_000, known?: Known) {
  const world = {
    now: 0,
    away: false,
    asked: 0,
    doubt: undefined as string | undefined,
    there: new Set(['alice@one.test', '@all.test']),
    off: new Set<string>(),
  };
  const monotonicMs = () => world.now;
  const tell = async <T>(names: readonly string[], find: (name: string) => T | undefined): Promise<ReadonlyMap<string, T>> => {
    world.asked += 1;
    if (world.away) throw new DirectoryFault('away');
    return new Map(
      names.flatMap((name) => {
        const found = find(name);
        return found === undefined ? [] : [[name, found] as const];
      }),
    );
  };
  const entry = (address: string): Entry | undefined => {
    if (!world.there.has(address)) return undefined;
    if (address.startsWith('@')) return { kind: 'alias', targets: ['alice@one.test'] };
    return { kind: 'mailbox', mailbox: { address, usedBytes: 0, antispam: false, enabled: !world.off.has(address) } };
  };
  const directory = createFreshDirectory({
    source: {
      findDomains: (names) => tell(names, (name) => (/^(?:one|all)\.test$/u.test(name) ? { name, letter: 'd' as const } : undefined)),
      findEntries: (addresses) => tell(addresses, entry),
      hasDomains: async () => true,
      listStores: async () => [],
    },
    known: known ?? createMemoryKnown(monotonicMs),
    budget: createBudget(questionsPerSecond, monotonicMs),
    doubt: () => world.doubt,
    monotonicMs,
    close: async () => undefined,
  });
  return { directory, world };
}

/** A copy with nobody but the domain, proved or not. */
function copyWithNobody(fresh: boolean): Known {
  const rows: Rows = {
    findDomain: (name) => (name === 'one.test' ? { name, letter: 'd' } : undefined),
    findEntry: () => undefined,
    hasDomains: () => true,
    listStores: async () => [],
  };
  return {
    knowsDomains: true,
    read: async (work) => ({ found: await work(rows), certain: false, isFresh: () => fresh }),
    learnFrom: (source) => source,
  };
}

/** A copy in which alice is switched off, or has a mailbox that is in use. */
function copyWithAlice({ enabled, fresh }: { readonly enabled: boolean; readonly fresh: boolean }): Known {
  const rows: Rows = {
    findDomain: (name) => (name === 'one.test' ? { name, letter: 'a' } : undefined),
    findEntry: (address) =>
      address === 'alice@one.test' ? { kind: 'mailbox', mailbox: { address, usedBytes: 0, antispam: false, enabled } } : undefined,
    hasDomains: () => true,
    listStores: async () => [],
  };
  return {
    knowsDomains: true,
    read: async (work) => ({ found: await work(rows), certain: true, isFresh: () => fresh }),
    learnFrom: (source) => source,
  };
}

describe('a mailbox that is switched off in what is known', () => {
  const isOn = async (directory: Directory): Promise<boolean> => {
    const found = await ask(directory, 'alice@one.test');
    return found.kind === 'mailboxes' && found.mailboxes.some(({ enabled }) => enabled);
  };

  it('is asked for: it may have been switched on again', async () => {
    const { directory, world } = open(1_000, copyWithAlice({ enabled: false, fresh: false }));
    expect(await isOn(directory)).toBe(true);
    world.off.add('alice@one.test');
    expect(await isOn(directory)).toBe(false);
    const { asked } = world;
    expect([await isOn(directory), world.asked]).toEqual([false, asked]);
    world.now += DENIED_WHILE_AWAY_MS + 1;
    world.away = true;
    await expect(isOn(directory)).rejects.toThrow('away');
  });

  it('is so while nobody can be asked only by a copy that was proved, and is not doubted', async () => {
    const { directory, world } = open(0, copyWithAlice({ enabled: false, fresh: true }));
    expect(await isOn(directory)).toBe(false);
    world.doubt = 'a tenth is gone';
    await expect(isOn(directory)).rejects.toThrow(DirectoryFault);
  });

  it('is asked for too where a process remembers it', async () => {
    const { directory, world } = open();
    world.off.add('alice@one.test');
    expect(await isOn(directory)).toBe(false);
    world.off.delete('alice@one.test');
    world.now += DENIED_MS + 1;
    expect(await isOn(directory)).toBe(true);
  });
});

it('what is known of somebody comes with a way to ask the source, unless it was proved; asking keeps to the budget', async () => {
  const { directory, world } = open(1, copyWithAlice({ enabled: true, fresh: false }));
  const found = await ask(directory, 'alice@one.test');
  if (found.kind !== 'mailboxes' || found.askNow === undefined) expect.unreachable('there is no way to ask');
  expect([world.asked, found.domain.letter]).toEqual([0, 'a']);
  expect(await found.askNow()).toMatchObject({ kind: 'mailboxes', domain: { letter: 'd' } });
  await expect(found.askNow()).rejects.toThrow('more unknown recipients than it is asked for');
  const { directory: proved } = open(1, copyWithAlice({ enabled: true, fresh: true }));
  expect(await ask(proved, 'alice@one.test')).not.toHaveProperty('askNow');
});

describe('with a copy', () => {
  it('ask the source for somebody whom even a proved copy does not have: a mailbox may have been made a moment ago', async () => {
    const { directory } = open(1_000, copyWithNobody(true));
    expect(await answer(directory, 'alice@one.test')).toBe('alice@one.test');
    expect(await answer(directory, 'bob@one.test')).toBe('unknown');
  });

  it('deny by a proved copy when nothing more may be asked, and by no other', async () => {
    const { directory, world } = open(0, copyWithNobody(true));
    expect(await answer(directory, 'bob@one.test')).toBe('unknown');
    expect(world.asked).toBe(0);
    world.doubt = 'a tenth is gone';
    await expect(answer(directory, 'carol@one.test')).rejects.toThrow(DirectoryFault);
    const { directory: other } = open(0, copyWithNobody(false));
    await expect(answer(other, 'bob@one.test')).rejects.toThrow(DirectoryFault);
  });
});

describe('fresh look-ups', () => {
  it('ask once for what is known, and again after a while', async () => {
    const { directory, world } = open();
    for (let i = 0; i < 3; i++) expect(await answer(directory, 'alice@one.test')).toBe('alice@one.test');
    expect(world.asked).toBe(2);
    world.now += KNOWN_FRESH_MS + 1;
    world.there.delete('alice@one.test');
    expect(await answer(directory, 'alice@one.test')).toBe('unknown');
  });

  it('while the source is away, the known are known, however they are written, and everything else is a fault', async () => {
    const { directory, world } = open();
    await answer(directory, 'alice@one.test');
    await answer(directory, 'x@all.test');
    world.away = true;
    world.now += 3_600_000;
    expect(await answer(directory, 'alice@one.test')).toBe('alice@one.test');
    expect(await answer(directory, 'alice+new@one.test')).toBe('alice@one.test');
    expect(await answer(directory, 'other@all.test')).toBe('alice@one.test');
    await expect(answer(directory, 'bob@one.test')).rejects.toThrow(DirectoryFault);
    await expect(answer(directory, 'a@elsewhere.test')).rejects.toThrow(DirectoryFault);
    world.away = false;
    expect(await answer(directory, 'bob@one.test')).toBe('unknown');
  });

  it('believe a denial for a moment, and for a minute when the source is away by then', async () => {
    const { directory, world } = open();
    expect(await answer(directory, 'bob@one.test')).toBe('unknown');
    const { asked } = world;
    expect(await answer(directory, 'Bob@one.test')).toBe('unknown');
    expect(world.asked).toBe(asked);
    world.there.add('bob@one.test');
    world.now += DENIED_MS + 1;
    expect(await answer(directory, 'bob@one.test')).toBe('bob@one.test');
    expect(await answer(directory, 'carol@one.test')).toBe('unknown');
    world.away = true;
    world.now += DENIED_WHILE_AWAY_MS;
    expect(await answer(directory, 'carol@one.test')).toBe('unknown');
    world.now += 1;
    await expect(answer(directory, 'carol@one.test')).rejects.toThrow('away');
  });

  it('ask once for equal questions at the same time', async () => {
    const { directory, world } = open();
    const answers = await Promise.all(Array.from({ length: 50 }, () => answer(directory, 'bob@one.test')));
    expect(new Set(answers)).toEqual(new Set(['unknown']));
    expect(world.asked).toBe(2);
  });

  it('keep to the budget for the unknown, and answer the known as before', async () => {
    const { directory, world } = open(10);
    await answer(directory, 'alice@one.test');
    const guesses = await Promise.allSettled(Array.from({ length: 1_000 }, (_, at) => answer(directory, `guess${at}@one.test`)));
    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(9);
    world.now += KNOWN_FRESH_MS + 1;
    for (let i = 0; i < 11; i++) await answer(directory, `again${i}@one.test`).catch(() => undefined);
    expect(await answer(directory, 'alice@one.test')).toBe('alice@one.test');
    await expect(answer(directory, 'more@one.test')).rejects.toThrow('more unknown recipients than it is asked for');
  });

  it('ten thousand guesses a second ask no more than the budget, and every known recipient between them is answered', async () => {
    const [perSecond, seconds] = [200, 3];
    const { directory, world } = open(perSecond);
    await answer(directory, 'alice@one.test');
    const before = world.asked;
    let [known, denied, delayed] = [0, 0, 0];
    for (let at = 0; at < 10_000 * seconds; at++) {
      world.now += 0.1;
      await answer(directory, `guess${at}@one.test`).then(
        () => (denied += 1),
        () => (delayed += 1),
      );
      if (at % 100 === 0 && (await answer(directory, 'alice@one.test')) === 'alice@one.test') known += 1;
    }
    // A look-up of a guess is two questions, and a second of the budget may be saved up; alice is asked for again when she is no longer fresh.
    expect(world.asked - before).toBeLessThanOrEqual(2 * perSecond * (seconds + 1) + 2);
    expect([known, denied + delayed]).toEqual([100 * seconds, 10_000 * seconds]);
    expect(denied).toBeGreaterThan(perSecond * (seconds - 1));
  });

  it('while what the source denies is in doubt, it is a fault, and who is there is there', async () => {
    const { directory, world } = open();
    world.doubt = 'it lost 20 of 100 domains';
    await expect(answer(directory, 'bob@one.test')).rejects.toThrow('it lost 20 of 100 domains');
    expect(await answer(directory, 'alice@one.test')).toBe('alice@one.test');
  });
});
