import { SENDER_DOMAIN } from '@vratny/support/postfix-config';
import { waitFor } from '@vratny/support/wait-for';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CLIENT, type Cluster, openCluster } from './cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  for (const host of ['d10', 'b20', 'c10', 'c20'] as const) await cluster.stop(host);
});

const ALICE = 'alice@example.test';
const senderOf = (name: string) => `${name}@${SENDER_DOMAIN}`;

/** Sends a message under a sender of its own, so that no test is known from another; gives the log from then on. */
async function send(name: string, to: string): Promise<() => string> {
  const before = cluster.postfix.log().length;
  const lines = [`From: ${senderOf(name)}`, `To: ${to}`, `Message-ID: <${name}@test>`, `Subject: ${name}`, '', 'x', ''];
  await cluster.postfix.send(lines.join('\r\n'), { from: senderOf(name), to: [to] });
  return () => cluster.postfix.log().slice(before);
}

const stored = (name: string, mailbox: string) => cluster.site.stored(mailbox).filter((one) => one.includes(`Subject: ${name}\r\n`));
const explain = () => cluster.explain();
const arrival = (name: string, mailbox: string) => waitFor(`${name} is stored`, () => stored(name, mailbox)[0], { explain });

/** Waits until the sending server has given the message up for now, for the so-manieth time; gives the last words. */
const deferred = (log: () => string, to: string, times = 1) =>
  waitFor(`it is deferred ${times} times`, () => log().match(new RegExp(`to=<${to}>.* status=deferred.*`, 'gu'))?.[times - 1], { explain });

/** What the greylist has of a sender. */
const rememberedOf = async (name: string) => (await cluster.remembered()).find(({ key }) => key === `${senderOf(name)} ${CLIENT}/32`);

/** Waits for the moment from which on the sender is let through. */
const opening = (name: string) =>
  waitFor('greylisting lets it through', async () => {
    const entry = await rememberedOf(name);
    return entry && entry.opensAt <= new Date() ? true : undefined;
  });

async function expectOneCopy(name: string, mailbox: string): Promise<void> {
  await waitFor('the queue is empty', async () => ((await cluster.postfix.isQueueEmpty()) ? true : undefined), { explain });
  expect(stored(name, mailbox)).toHaveLength(1);
}

test('the primary serves: the secondary is not asked, and nobody is remembered', async () => {
  await Promise.all([cluster.start('d10'), cluster.start('b20')]);
  await send('plain', ALICE);
  await arrival('plain', ALICE);
  await expectOneCopy('plain', ALICE);
  expect(await cluster.remembered()).toEqual([]);
});

test('the primary is stopped: mail falls to b20, is greylisted, comes back and is stored after the delay', async () => {
  await cluster.start('b20');
  const log = await send('falls', ALICE);
  expect(await deferred(log, ALICE)).toMatch(
    /mx1b20\.example\.test\[127\.0\.0\.12\] said: 451 4\.7\.1 greylisted: please try again in 2 seconds/u,
  );
  expect(log()).toMatch(/connect to mx1d10\.example\.test\[127\.0\.0\.11\]:\d+: Connection refused/u);
  const entry = await rememberedOf('falls');
  expect(entry).toBeDefined();
  // Early: nothing begins anew.
  await cluster.postfix.flush();
  expect(await deferred(log, ALICE, 2)).toMatch(/451 4\.7\.1 greylisted: please try again in [12] seconds/u);
  expect(await rememberedOf('falls')).toEqual(entry);
  expect(stored('falls', ALICE)).toEqual([]);
  await opening('falls');
  await cluster.postfix.flush();
  expect(await arrival('falls', ALICE)).toContain('by mx1b20.example.test');
  await expectOneCopy('falls', ALICE);
  // The next message of this sender is let through at once.
  const next = await send('falls', 'bob@example.test');
  await arrival('falls', 'bob@example.test');
  expect(next()).not.toContain('status=deferred');
});

test('both MX serve and d10 delays: b20 is offered the recipient in the same attempt, and its waiting begins then', async () => {
  await Promise.all([cluster.start('d10', 'deaf'), cluster.start('b20')]);
  const log = await send('both', ALICE);
  expect(await deferred(log, ALICE)).toMatch(/mx1b20\.example\.test\[127\.0\.0\.12\] said: 451 4\.7\.1 greylisted/u);
  expect(log()).toMatch(/mx1d10\.example\.test\[127\.0\.0\.11\] said: 451 4\.4\.3/u);
  expect(await rememberedOf('both')).toBeDefined();
  // d10 delays still; b20 takes the mail now that its own delay is over.
  await opening('both');
  await cluster.postfix.flush();
  expect(await arrival('both', ALICE)).toContain('by mx1b20.example.test');
  expect(log().match(/mx1d10\.example\.test\[127\.0\.0\.11\] said: 451 4\.4\.3/gu)).toHaveLength(2);
  await expectOneCopy('both', ALICE);
});

test('a recipient that d10 refuses is not offered to b20', async () => {
  await Promise.all([cluster.start('d10'), cluster.start('b20')]);
  const log = await send('refused', 'nobody@example.test');
  await waitFor('it has come back', () => cluster.postfix.returned().find((one) => one.includes('Subject: refused')), { explain });
  expect(log()).not.toContain('mx1b20.example.test[');
  expect(await rememberedOf('refused')).toBeUndefined();
});

test('with the tarpit as the only host mail stays in the queue, and arrives when the primary is back', async () => {
  const to = 'alice@c.example.test';
  await cluster.start('c20');
  const log = await send('tarpit', to);
  expect(await deferred(log, to)).toMatch(/mx1c20\.example\.test\[127\.0\.0\.14\].*451 4\.3\.2/u);
  await cluster.postfix.flush();
  await deferred(log, to, 2);
  expect(await cluster.postfix.isQueueEmpty()).toBe(false);
  await cluster.start('c10');
  await cluster.postfix.flush();
  expect(await arrival('tarpit', to)).toContain('by mx1c10.example.test');
  await expectOneCopy('tarpit', to);
});
