import { gate, until } from '@vratny/server/testing';
import { StateFault } from '@vratny/state';
import { createMemoryState } from '@vratny/state/memory';
import { describe, expect, it } from 'vitest';
import { LEASE_MS, LEDGER_MS } from '../limits.ts';
import { createScriptedStore } from '../store.fixture.ts';
import { ALICE, dyingState, host } from './host.fixture.ts';
import { codeOfSending, pipelined, send } from './sender.fixture.ts';

describe('an attempt that did not end well', () => {
  it('a reset that is in the kernel is seen before the store takes its last step', async () => {
    const one = await host();
    const client = await one.ready();
    const [asked, go] = [gate(), gate()];
    one.store.beforeAsking = () => {
      asked.open();
      return go.opened;
    };
    client.say(...pipelined('alice'));
    await asked.opened;
    await new Promise<void>((resolve) => client.socket.once('close', () => resolve()).resetAndDestroy());
    go.open();
    await until('the client is gone', () => one.server.clients.total === 0);
    expect(one.copies()).toBe(0);
    one.store.beforeAsking = () => Promise.resolve();
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(1);
    expect(one.store.requests.map(({ resumed }) => resumed)).toEqual([false, false]);
  });

  it.each([
    ['that can look', true, 1],
    // Known truth: such a store cannot be asked whether it has a message, and no message may be lost.
    ['that cannot look', false, 2],
  ])('doubt with a store %s', async (_, looks, copies) => {
    const one = await host({}, createScriptedStore({ looks }));
    one.store.script(ALICE, 'uncertain-stored');
    const client = await one.ready();
    expect(await codeOfSending(client, 'alice')).toBe('451');
    expect(await codeOfSending(client, 'alice')).toBe('250');
    expect(one.store.requests.map(({ resumed }) => resumed)).toEqual([false, true]);
    expect(new Set(one.store.requests.map(({ key }) => key)).size).toBe(1);
    expect(one.copies()).toBe(copies);
    // The doubt is over.
    await codeOfSending(client, 'alice');
    expect(one.store.requests.at(-1)?.resumed).toBe(false);
    expect(one.copies()).toBe(copies + 1);
  });

  it('doubt stays until each mailbox has an end', async () => {
    const one = await host();
    one.store.script(ALICE, 'uncertain-stored', 'delayed', 'delayed');
    one.store.script('bob@example.test', 'uncertain', 'stored');
    const client = await one.ready();
    const codes: string[] = [];
    for (const names of ['alice bob', 'bob', 'alice']) codes.push(await codeOfSending(client, names));
    expect(codes).toEqual(['451', '250', '250']);
    expect(one.copies()).toBe(1);
  });

  it('a process that dies with the message stored: busy until its lease is over, then the store looks', async () => {
    const { die, revive, parts } = dyingState();
    const one = await host(parts);
    one.store.afterStoring = async () => die();
    const client = await one.ready();
    client.say(...pipelined('alice'));
    await until('it is stored', () => one.copies() === 1);
    client.socket.destroy();
    await until('the client is gone', () => one.server.clients.total === 0);
    one.store.afterStoring = () => Promise.resolve();
    revive();
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('451');
    one.pass(LEASE_MS + 1);
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(1);
    expect(one.store.requests.at(-1)?.resumed).toBe(true);
  });

  it('a process that dies in the second of two equal messages: its retry does not find the first', async () => {
    const { die, revive, parts } = dyingState();
    const one = await host(parts);
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    // Its 250 may not have been read, and that is over.
    one.pass(LEDGER_MS + 1);
    const client = await one.ready();
    const began = gate();
    one.store.beforeStoring = async () => {
      die();
      began.open();
      await new Promise(() => undefined);
    };
    client.say(...pipelined('alice'));
    await began.opened;
    client.socket.destroy();
    one.store.beforeStoring = () => Promise.resolve();
    revive();
    one.pass(LEASE_MS + 1);
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.store.requests.map(({ resumed }) => resumed)).toEqual([false, false, true]);
    expect(one.copies()).toBe(2);
  });

  it('a bug of the store is doubt', async () => {
    const one = await host();
    one.store.afterStoring = () => Promise.reject(new Error('a bug'));
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('451');
    one.store.afterStoring = () => Promise.resolve();
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.copies()).toBe(1);
  });
});

describe('shared state away', () => {
  const away = () => Promise.reject(new StateFault('state is away'));
  const silent = () => new Promise<never>(() => undefined);
  it.each([
    ['away', away],
    ['silent', silent],
  ])('%s: mail flows without ledger and lease, and without being narrowed', async (_, ask) => {
    const one = await host({ ledger: { read: ask, add: ask, drop: ask }, lease: { begin: ask, finish: ask, release: ask } });
    one.store.script('bob@example.test', 'refused');
    const client = await one.ready();
    expect(await codeOfSending(client, 'alice')).toBe('250');
    expect(await codeOfSending(client, 'alice bob')).toBe('451');
    expect((await send(client, 'alice bob')).recipients).toBe('250 250');
    expect(one.copies()).toBe(3);
    expect(one.journal.events.filter((event) => event.kind === 'delivery').every((event) => event.stateAway)).toBe(true);
    expect(one.journal.events).toContainEqual(expect.objectContaining({ kind: 'fault', where: 'state' }));
  });

  it('a lease that was taken too late for us is given back', async () => {
    const { ledger, lease } = createMemoryState();
    const late = gate();
    let held = true;
    const begin: typeof lease.begin = async (...args) => {
      const begun = await lease.begin(...args);
      if (held) await late.opened;
      return begun;
    };
    const one = await host({ ledger, lease: { ...lease, begin } });
    const client = await one.ready();
    expect(await codeOfSending(client, 'alice')).toBe('250');
    held = false;
    expect(await codeOfSending(client, 'alice')).toBe('451');
    late.open();
    expect(await codeOfSending(client, 'alice')).toBe('250');
  });

  it.each(['begin', 'finish'] as const)('that did %s without saying so is asked for the lease when it is back', async (step) => {
    const { ledger, lease } = createMemoryState();
    const hiccup = { over: false };
    const silently = async <T>(work: Promise<T>): Promise<T> => {
      const done = await work;
      if (!hiccup.over) throw new StateFault('no answer');
      return done;
    };
    const begin: typeof lease.begin = (...args) => (step === 'begin' ? silently(lease.begin(...args)) : lease.begin(...args));
    // This one is not even heard.
    const finish: typeof lease.finish = (...args) =>
      step === 'finish' && !hiccup.over ? Promise.reject(new StateFault('no answer')) : lease.finish(...args);
    const released: string[] = [];
    const release: typeof lease.release = async (key, owner) => {
      await lease.release(key, owner);
      released.push(key);
    };
    const one = await host({ ledger, lease: { begin, finish, release } });
    const client = await one.ready();
    expect(await codeOfSending(client, 'alice')).toBe('250');
    await client.ask('QUIT');
    hiccup.over = true;
    await until('the lease is given back', () => released.length > 0);
    // An equal message, sent on purpose, is no retry of a dead attempt.
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.store.requests.map(({ resumed }) => resumed)).toEqual([false, false]);
    expect(one.copies()).toBe(2);
  });

  it('goes away between the store and the ledger: the reply does not wait for it', async () => {
    const { die, parts } = dyingState();
    const one = await host(parts);
    one.store.afterStoring = async () => die();
    expect(await codeOfSending(await one.ready(), 'alice')).toBe('250');
    expect(one.journal.events).toContainEqual(expect.objectContaining({ kind: 'fault', where: 'state' }));
  });
});
