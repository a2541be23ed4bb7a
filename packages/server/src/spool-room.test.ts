import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SPOOL_ROOM_ASK_MS, SPOOL_ROOM_KEPT_MS, SPOOL_ROOM_MIN_BYTES } from './limits.ts';
import { ENVELOPE, serve } from './server.fixture.ts';
import { createSpoolRoom, freeBytesOf } from './spool-room.ts';

const MIB = 1024 * 1024;

describe('room on the spool’s disk', () => {
  afterEach(() => void vi.useRealTimers());

  const rows: readonly (readonly [free: number, wanted: number, fits: boolean])[] = [
    [SPOOL_ROOM_MIN_BYTES, 0, true],
    [SPOOL_ROOM_MIN_BYTES - 1, 0, false],
    [10 * MIB, 10 * MIB, true],
    [10 * MIB - 1, 10 * MIB, false],
    [0, 1, false],
  ];
  it.each(rows)('with %i octets free, %i fit: %s', async (free, wanted, fits) => {
    const room = createSpoolRoom({ freeBytes: async () => free, monotonicMs: () => 0, onFault: () => undefined });
    expect(await room.fits(wanted)).toBe(fits);
  });

  it('asks once a second, however many want to know', async () => {
    let now = 0;
    let asked = 0;
    const freeBytes = async () => {
      asked += 1;
      return 10 * MIB * asked;
    };
    const room = createSpoolRoom({ freeBytes, monotonicMs: () => now, onFault: () => undefined });
    expect(await Promise.all([room.fits(10 * MIB), room.fits(11 * MIB)])).toEqual([true, false]);
    now = SPOOL_ROOM_KEPT_MS - 1;
    expect(await room.fits(11 * MIB)).toBe(false);
    now = SPOOL_ROOM_KEPT_MS;
    expect(await room.fits(11 * MIB)).toBe(true);
    expect(asked).toBe(2);
  });

  it('lets messages by when the disk does not tell, and says so once', async () => {
    const faults: string[] = [];
    const broken = createSpoolRoom({
      freeBytes: () => Promise.reject(new Error('EIO')),
      monotonicMs: () => 0,
      onFault: (detail) => void faults.push(detail),
    });
    expect([await broken.fits(1), await broken.fits(1)]).toEqual([true, true]);
    expect(faults).toEqual(['EIO']);

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const silent = createSpoolRoom({
      freeBytes: () => new Promise(() => undefined),
      monotonicMs: () => 0,
      onFault: (detail) => void faults.push(detail),
    });
    const answer = silent.fits(1);
    await vi.advanceTimersByTimeAsync(SPOOL_ROOM_ASK_MS);
    expect(await answer).toBe(true);
    expect(faults).toHaveLength(2);
  });

  it('reads the free space of a real directory', async () => {
    expect(await freeBytesOf(tmpdir())).toBeGreaterThan(0);
    await expect(freeBytesOf(`${tmpdir()}/there/is/none`)).rejects.toThrow('ENOENT');
  });

  it('delays at MAIL while the disk is full, and forgets the transaction', async () => {
    let free = 0;
    let now = 0;
    const served = await serve({ spoolFreeBytes: async () => free, monotonicMs: () => now });
    const client = await served.ready();
    expect(await client.ask('MAIL FROM:<a@sender.test> SIZE=10')).toMatch(/^452 4\.3\.1 /u);
    expect(await client.ask(ENVELOPE[1])).toMatch(/^503 /u);
    // What can never be taken is refused even now.
    expect(await client.ask('MAIL FROM:<a@sender.test> SIZE=99999999')).toMatch(/^552 5\.3\.4 /u);
    free = 10 * MIB;
    now += SPOOL_ROOM_KEPT_MS;
    expect(await client.ask('MAIL FROM:<a@sender.test> SIZE=10')).toMatch(/^250 /u);
    const replies = served.journal.events.flatMap((event) => (event.kind === 'decision' ? [event.reply.slice(0, 9)] : []));
    expect(replies).toEqual(['452 4.3.1', '552 5.3.4', '250 2.1.0']);
  });
});
