import type { AuthoritativeDns, ServerAnswer, Updated } from '@vratny/dns';
import { expect, it } from 'vitest';
import type { Mx } from './look.ts';
import { wanted } from './looks.fixture.ts';
import { type MxChange, type PublishOptions, publishMx } from './publish.ts';

const found = (...records: readonly Mx[]): ServerAnswer<'MX'> => ({ kind: 'found', records, ttlSeconds: 900 });
const mxOf = (preference: number, id: string): Mx => ({ preference, exchange: `mx1${id}.thinline.example` });
const OF_D = [mxOf(10, 'd10'), mxOf(20, 'b20')];
const OF_B = [mxOf(10, 'b10'), mxOf(20, 'c20')];

/** Publishes policy b of firma.cz where the server gives these answers, one after the other, the last for ever. */
async function publish(answers: readonly ServerAnswer<'MX'>[], written: Updated = { kind: 'done' }, options: Partial<PublishOptions> = {}) {
  const changes: MxChange[] = [];
  const left = [...answers];
  const authoritative: AuthoritativeDns = {
    // The port has one method for all types; this one is asked for MX alone.
    ask: async () => (left.length > 1 ? left.shift() : left[0]) as never,
  };
  const writer = {
    replaceMx: async (change: MxChange) => {
      changes.push(change);
      return written;
    },
  };
  let ms = 0;
  const at = { zone: 'firma.cz', server: '192.0.2.53', writer };
  const publication = await publishMx(at, wanted('b'), { authoritative, monotonicMs: () => (ms += 3_000), ...options });
  return { publication, changes };
}

it('replaces all records with the TTL that they had, and reads them back', async () => {
  const { publication, changes } = await publish([found(...OF_D), found(...OF_D), found(...OF_B)]);
  expect(publication).toEqual({ kind: 'published', difference: { remove: OF_D, add: OF_B, ttlSeconds: 900 } });
  expect(changes).toEqual([{ zone: 'firma.cz', domain: 'firma.cz', before: OF_D, after: OF_B, ttlSeconds: 900 }]);
});

it('tells what stands there before it is replaced, and only then; nothing is written when that fails', async () => {
  const told: unknown[] = [];
  const beforeWrite = async (standing: unknown) => void told.push(standing);
  await publish([found(...OF_B)], undefined, { beforeWrite });
  await publish([found(...OF_D)], undefined, { beforeWrite, dryRun: true });
  await publish([found(...OF_D), found(...OF_B)], undefined, { beforeWrite });
  expect(told).toEqual([{ mx: OF_D, ttlSeconds: 900 }]);
  const failing = () => Promise.reject(new Error('no register'));
  await expect(publish([found(...OF_D)], undefined, { beforeWrite: failing })).rejects.toThrow('no register');
});

it('leaves alone what is right already, in any order and case', async () => {
  const upper = OF_B.toReversed().map(({ preference, exchange }) => ({ preference, exchange: exchange.toUpperCase() }));
  expect(await publish([found(...upper)])).toEqual({ publication: { kind: 'same' }, changes: [] });
});

it('writes where there was nothing, with a TTL of an hour', async () => {
  for (const kind of ['nodata', 'nxdomain'] as const) {
    const { publication, changes } = await publish([{ kind, ttlSeconds: 60 }, found(...OF_B)]);
    expect(publication.kind).toBe('published');
    expect(changes).toMatchObject([{ before: [], ttlSeconds: 3600 }]);
  }
});

it('tells what it would do, and does nothing, in a dry run and beside hosts that are not ours', async () => {
  expect(await publish([found(...OF_D)], undefined, { dryRun: true })).toMatchObject({ publication: { kind: 'planned' }, changes: [] });
  const foreign = { preference: 5, exchange: 'mail.elsewhere.test' };
  const beside = found(...OF_D, foreign);
  expect(await publish([beside])).toMatchObject({ publication: { kind: 'foreign', stands: [...OF_D, foreign] }, changes: [] });
  expect(await publish([beside, found(...OF_B)], undefined, { replaceForeign: true })).toMatchObject({
    publication: { kind: 'published', difference: { remove: [...OF_D, foreign] } },
  });
});

it('tells what stands there when somebody else was faster, and when something else stands there afterwards', async () => {
  const byHand = { preference: 5, exchange: 'hand.elsewhere.test' };
  const changed = await publish([found(...OF_D), found(byHand)], { kind: 'changed', detail: 'x' });
  expect(changed.publication).toMatchObject({ kind: 'changed', stands: [byHand] });
  expect((await publish([found(...OF_D), found(byHand)])).publication).toMatchObject({ kind: 'differs', stands: [byHand] });
  // Somebody else wrote the same.
  expect((await publish([found(...OF_D), found(...OF_B)], { kind: 'changed', detail: 'x' })).publication.kind).toBe('published');
});

it.each<[string, readonly ServerAnswer<'MX'>[], Updated, string]>([
  ['a server that does not answer', [{ kind: 'fault', fault: 'timeout', detail: 'no answer' }], { kind: 'done' }, 'fault'],
  ['another name', [{ kind: 'alias', target: 'x.test', ttlSeconds: 1 }], { kind: 'done' }, 'fault'],
  ['a zone that it gave away', [{ kind: 'referral', zone: 'firma.cz', delegates: [], ttlSeconds: 1 }], { kind: 'done' }, 'fault'],
  ['a writer that is refused', [found(...OF_D)], { kind: 'refused', detail: 'x' }, 'refused'],
  ['a writer that cannot tell', [found(...OF_D)], { kind: 'fault', detail: 'x' }, 'fault'],
  ['a server that falls silent', [found(...OF_D), { kind: 'fault', fault: 'timeout', detail: 'no answer' }], { kind: 'done' }, 'fault'],
])('%s', async (_name, answers, written, kind) => {
  expect((await publish(answers, written)).publication.kind).toBe(kind);
});
