import { describe, expect, it } from 'vitest';
import { TRANSACTION_MAILBOXES_MAX } from '../limits.ts';
import { serve } from '../mx.fixture.ts';
import { host } from './host.fixture.ts';
import { send } from './sender.fixture.ts';

const HOUR_MS = 60 * 60_000;

/** A host on which bob's mailbox can be full before it is sent to. */
async function hostWithFullBob() {
  const one = await host();
  let full = false;
  one.store.admits = async ({ address }) => ({ kind: full && address === 'bob@example.test' ? 'full' : 'room' });
  const fill = () => {
    full = true;
  };
  const sendOnce = async (names: string, message?: string) => {
    const client = await one.ready();
    const { recipients, reply } = await send(client, names, message === undefined ? {} : { message });
    await client.ask('QUIT');
    return `${recipients} ${reply.slice(0, 3)}`;
  };
  return { ...one, fill, sendOnce };
}

describe('a sender has one recipient for a transaction only as long as somebody waits for an answer', () => {
  it('a mailbox that is refused at RCPT has its answer', async () => {
    const { store, fill, sendOnce } = await hostWithFullBob();
    store.script('bob@example.test', 'refused');
    expect(await sendOnce('alice bob')).toBe('250 250 451');
    fill();
    expect(await sendOnce('bob alice')).toBe('552 250 250');
    expect(await sendOnce('alice carol', 'another')).toBe('250 250 250');
    expect(store.copies('alice@example.test')).toBe(2);
  });

  it('one that waits on still keeps the sender narrowed', async () => {
    const { store, fill, sendOnce } = await hostWithFullBob();
    store.script('bob@example.test', 'refused');
    store.script('carol@example.test', 'delayed');
    expect(await sendOnce('alice bob carol')).toBe('250 250 250 451');
    fill();
    expect(await sendOnce('bob alice carol')).toBe('552 250 452 250');
    expect(await sendOnce('carol alice')).toBe('250 452 250');
    expect(await sendOnce('alice carol', 'another')).toBe('250 250 250');
  });

  it('a mark that later ones keep alive does not outlive its message', async () => {
    const { options, store, pass, sendOnce } = await hostWithFullBob();
    const { add } = options.ledger;
    let kept: readonly string[] = [];
    options.ledger.add = (key, members, ...rest) => {
      kept = [key];
      return add(key, members, ...rest);
    };
    store.script('bob@example.test', 'refused');
    expect(await sendOnce('alice bob')).toBe('250 250 451');
    pass(5 * HOUR_MS);
    // Another message of this sender ends differently, on a host that could not read the marks.
    await add(kept[0] ?? '', [], options.now(), 6 * HOUR_MS);
    pass(2 * HOUR_MS);
    expect(await sendOnce('alice carol', 'another')).toBe('250 250 250');
    expect(await options.ledger.read(kept[0] ?? '', options.now())).toEqual([]);
  });
});

describe('the mailboxes of a transaction', () => {
  it('have a bound; one recipient alone is always taken', async () => {
    const mailboxes = (count: number, name: string) =>
      Array.from({ length: count }, (_, i) => ({ address: `${name}${i}@example.test`, usedBytes: 0, antispam: false, enabled: true }));
    const team = { alice: TRANSACTION_MAILBOXES_MAX + 1, bob: TRANSACTION_MAILBOXES_MAX, carol: 1 };
    const served = await serve({
      ports: {
        directory: {
          findDomain: async () => undefined,
          findDestination: async ({ local }) => {
            const size = Object.entries(team).find(([name]) => name === local)?.[1] ?? 0;
            return { kind: 'mailboxes', domain: { name: 'example.test', letter: 'd' }, mailboxes: mailboxes(size, local) };
          },
        },
      },
    });
    const client = await served.ready();
    await client.ask('MAIL FROM:<a@sender.test>');
    expect(await client.ask('RCPT TO:<alice@example.test>')).toMatch(/^250 /u);
    expect(await client.ask('RCPT TO:<carol@example.test>')).toMatch(/^452 4\.5\.3 /u);
    await client.ask('RSET');
    await client.ask('MAIL FROM:<a@sender.test>');
    expect(await client.ask('RCPT TO:<carol@example.test>')).toMatch(/^250 /u);
    expect(await client.ask('RCPT TO:<bob@example.test>')).toMatch(/^452 4\.5\.3 /u);
    expect(await client.ask('RCPT TO:<carol@example.test>')).toMatch(/^250 /u);
  });
});
