import { join } from 'node:path';
import { openSqliteState } from '@vratny/state/sqlite';
import { describe, expect, it } from 'vitest';
import { type Desk, openDesk } from './terminal.fixture.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const SITE = 'cluster: { domain: t.example }\nstate: sqlite:./state.db\n';

/** A site in which three senders have called. */
async function openGreylist(): Promise<Desk> {
  const desk = openDesk(SITE, () => NOW);
  const state = await openSqliteState({ path: join(desk.folder, 'state.db') });
  for (const key of ['a@one.test 192.0.2.1/32', 'b@two.test 192.0.2.2/32', ' 192.0.2.1/32']) {
    await state.greylist.firstSeen(key, NOW, { delayMs: 300_000, windowMs: 86_400_000 });
  }
  await state.close();
  return desk;
}

describe('mxctl greylist', () => {
  it('lists who is remembered', async () => {
    const { mxctl } = await openGreylist();
    const { code, out } = await mxctl('greylist', 'list');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'sender      client        let through from          until',
      '<>          192.0.2.1/32  2030-01-01T00:05:00.000Z  2030-01-02T00:05:00.000Z',
      'a@one.test  192.0.2.1/32  2030-01-01T00:05:00.000Z  2030-01-02T00:05:00.000Z',
      'b@two.test  192.0.2.2/32  2030-01-01T00:05:00.000Z  2030-01-02T00:05:00.000Z',
      '',
    ]);
    const json: unknown = JSON.parse((await mxctl('--json', 'greylist', 'list', 'two.test')).out);
    expect(json).toEqual([{ key: 'b@two.test 192.0.2.2/32', opensAt: '2030-01-01T00:05:00.000Z', endsAt: '2030-01-02T00:05:00.000Z' }]);
    expect(JSON.parse((await mxctl('greylist', 'list', '--limit', '1', '--json')).out)).toHaveLength(1);
    expect((await mxctl('greylist', 'list', 'three.test')).out).toBe('no senders\n');
  });

  it('forgets', async () => {
    const { mxctl } = await openGreylist();
    expect(await mxctl('greylist', 'forget', '192.0.2.1')).toEqual({ code: 0, out: 'forgotten: 2\n', err: '' });
    expect(JSON.parse((await mxctl('--json', 'greylist', 'forget', 'b@two.test')).out)).toEqual({ forgotten: 1 });
    expect((await mxctl('greylist', 'list')).out).toBe('no senders\n');
  });

  it.each([
    ['memory is in each process alone', 'state: "memory:"', 78, 'state: memory: what is greylisted is only in each mx process'],
    ['Redis is away', 'state: redis://127.0.0.1:1', 75, 'state redis 127.0.0.1:1'],
    ['a file that cannot be made', 'state: sqlite:./no/such/state.db', 75, 'state.db'],
  ])('says so: %s', async (_name, state, code, words) => {
    const { mxctl } = openDesk(`cluster: { domain: t.example }\n${state}\n`, () => NOW);
    const ran = await mxctl('greylist', 'list');
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(words);
    expect(ran.err).toMatch(/^(?:mxctl: [^\n]+\n)+$/u);
  });
});
