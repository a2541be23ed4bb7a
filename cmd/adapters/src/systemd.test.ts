import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectSystemd } from './systemd.ts';

const PID = 4711;

function connect(env: NodeJS.ProcessEnv) {
  const said: string[] = [];
  const own = { PATH: '/bin', ...env };
  const notify = async (socket: string, words: readonly string[]) => {
    // Later ones would be quicker.
    await new Promise((resolve) => setTimeout(resolve, 100 - said.length * 10));
    said.push(`${socket}: ${words.join(' ')}`);
  };
  return { systemd: connectSystemd({ env: own, pid: PID, notify }), said, env: own };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a process that systemd did not start has no sockets and tells nobody', () => {
  const { systemd, said } = connect({});
  systemd.ready('serves');
  systemd.reloading();
  systemd.stopping();
  vi.advanceTimersByTime(3_600_000);
  expect({ said, sockets: systemd.sockets }).toEqual({ said: [], sockets: [] });
});

describe('sockets', () => {
  test.each([
    ['two for this process', { LISTEN_PID: '4711', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b' }, [3, 4]],
    ['for another process', { LISTEN_PID: '4712', LISTEN_FDS: '2' }, []],
    ['for nobody', { LISTEN_FDS: '2' }, []],
    ['no number', { LISTEN_PID: '4711', LISTEN_FDS: '2x' }, []],
    ['a negative number', { LISTEN_PID: '4711', LISTEN_FDS: '-1' }, []],
    ['more than there can be', { LISTEN_PID: '4711', LISTEN_FDS: '999999' }, []],
  ])('%s', (_name, given, sockets) => {
    const { systemd, env } = connect(given);
    expect(systemd.sockets).toEqual(sockets);
    expect(env).toEqual({ PATH: '/bin' });
  });
});

test('it says when it is ready, reloads and stops, in this order, and no child inherits how', async () => {
  const { systemd, said, env } = connect({ NOTIFY_SOCKET: '@notify' });
  systemd.ready('serves as d10');
  systemd.reloading();
  systemd.ready('again');
  systemd.stopping();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(said).toEqual([
    '@notify: READY=1 STATUS=serves as d10',
    expect.stringMatching(/^@notify: RELOADING=1 MONOTONIC_USEC=\d+$/u),
    '@notify: READY=1 STATUS=again',
    '@notify: STOPPING=1',
  ]);
  expect(env).toEqual({ PATH: '/bin' });
});

describe('the watchdog', () => {
  test('is fed four times in its time, from when the service is ready', async () => {
    const { systemd, said } = connect({ NOTIFY_SOCKET: 's', WATCHDOG_USEC: '20000000', WATCHDOG_PID: '4711' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual([]);
    systemd.ready('serves');
    systemd.ready('again');
    await vi.advanceTimersByTimeAsync(31_000);
    expect(said.filter((one) => one === 's: WATCHDOG=1')).toHaveLength(6);
  });

  test('of another process is not', async () => {
    const { systemd, said } = connect({ NOTIFY_SOCKET: 's', WATCHDOG_USEC: '20000000', WATCHDOG_PID: '1' });
    systemd.ready('serves');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toHaveLength(1);
  });
});
