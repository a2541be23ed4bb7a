import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ask } from '../contract/opened.ts';
import { createMemoryDirectory } from '../memory.ts';
import type { Directory } from '../port.ts';
import { type Register, RegisterRefusal } from '../register.ts';
import { openSqliteDirectory, openSqliteRegister } from '../sqlite.ts';
import { withPath } from './temporary-folder.fixture.ts';

type Step = (register: Register) => Promise<unknown>;

const DOMAINS = ['one.test', 'two.test', 'xn--a-ecp.test'];
const LOCALS = ['a', 'A', 'b', 'a+b', 'postmaster', 'abuse', 'Abuse', 'b+x', 'é', '"q q"'];
const ADDRESSES = DOMAINS.flatMap((domain) => LOCALS.map((local) => `${local}@${domain}`));
const CATCH_ALLS = DOMAINS.map((domain) => `@${domain}`);

const domain = fc.constantFrom(...DOMAINS, 'ONE.test', 'outside.test');
const address = fc.constantFrom(...ADDRESSES);
const letter = fc.constantFrom('a' as const, 'b' as const, 'd' as const);
const octets = fc.integer({ min: -1, max: 5 });

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(domain, letter).map(
    ([name, to]): Step =>
      (r) =>
        r.addDomain(name, to, 'x'),
  ),
  fc.tuple(domain, letter, octets).map(
    ([name, to, at]): Step =>
      (r) =>
        r.setPolicy(name, to, new Date(at), 'x'),
  ),
  fc.tuple(address, octets).map(
    ([at, quotaBytes]): Step =>
      (r) =>
        r.addMailbox(at, quotaBytes < 3 ? {} : { quotaBytes, antispam: true }, 'x'),
  ),
  fc.tuple(address, fc.option(octets)).map(
    ([at, quota]): Step =>
      (r) =>
        r.setQuota(at, quota, 'x'),
  ),
  fc.tuple(address, fc.boolean()).map(
    ([at, on]): Step =>
      (r) =>
        r.setEnabled(at, on, 'x'),
  ),
  fc.tuple(address, fc.boolean()).map(
    ([at, on]): Step =>
      (r) =>
        r.setAntispam(at, on, 'x'),
  ),
  fc.tuple(address, fc.constantFrom('lmtp://a:24', 'maildir:/b', '', null)).map(
    ([at, store]): Step =>
      (r) =>
        r.setStore(at, store, 'x'),
  ),
  fc.tuple(address, octets).map(
    ([at, bytes]): Step =>
      (r) =>
        r.addUsage(at, bytes),
  ),
  fc.tuple(address, octets).map(
    ([at, bytes]): Step =>
      (r) =>
        r.setUsage(at, bytes),
  ),
  fc.tuple(fc.constantFrom(...ADDRESSES, ...CATCH_ALLS), fc.array(address, { maxLength: 3 })).map(
    ([at, targets]): Step =>
      (r) =>
        r.addAlias(at, targets, 'x'),
  ),
);

/** Two domains and a mailbox to begin with, so that most steps have something to stand on. */
const FIRST: readonly Step[] = [
  (r) => r.addDomain('one.test', 'd', 'x'),
  (r) => r.addDomain('two.test', 'a', 'x'),
  (r) => r.addMailbox('a@one.test', {}, 'x'),
];

/** What a step came to: its result, or the words of its refusal. A fault fails the test. */
async function outcomeOf(register: Register, step: Step): Promise<unknown> {
  try {
    return await step(register);
  } catch (error) {
    if (error instanceof RegisterRefusal) return error.message;
    throw error;
  }
}

/** Everything that can be seen from outside. */
async function look(directory: Directory, register: Register): Promise<unknown> {
  const domains = await register.listDomains();
  const listings = domains.map(async ({ name }) => [await register.listMailboxes(name), await register.listAliases(name)]);
  const askable = ADDRESSES.filter((written) => !written.startsWith('é')).concat('other@one.test', 'a+tag@two.test');
  const destinations = await Promise.all(askable.map((written) => ask(directory, written)));
  return [domains, await Promise.all(listings), destinations, await register.listStores(), await register.listAudit(1000)];
}

it('memory and sqlite say the same to every series of changes, and then to every question', async () => {
  const now = (): Date => new Date(1000);
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), (series) =>
      withPath(async (path) => {
        const model = createMemoryDirectory({ now });
        const register = await openSqliteRegister({ path, now });
        const directory = await openSqliteDirectory({ path });
        for (const step of [...FIRST, ...series]) expect(await outcomeOf(register, step)).toEqual(await outcomeOf(model, step));
        expect(await look(directory, register)).toEqual(await look(model, model));
        await directory.close();
        await register.close();
      }),
    ),
    { numRuns: 50 },
  );
});
