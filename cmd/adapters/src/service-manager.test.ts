import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectServiceManager } from './service-manager.ts';

const PID = 4711;

function connect(env: NodeJS.ProcessEnv) {
  const said: string[] = [];
  const own = { PATH: '/bin', ...env };
  const manager = connectServiceManager({ env: own, pid: PID, notify: (socket, words) => said.push(`${socket}: ${words.join(' ')}`) });
  return { manager, said, env: own };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a process that systemd did not start has no sockets and tells nobody', () => {
  const { manager, said } = connect({});
  manager.ready('serves');
  manager.reloading();
  manager.stopping();
  vi.advanceTimersByTime(3_600_000);
  expect({ said, sockets: manager.sockets }).toEqual({ said: [], sockets: [] });
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
    const { manager, env } = connect(given);
    expect(manager.sockets).toEqual(sockets);
    expect(env).toEqual({ PATH: '/bin' });
  });
});

test('it says when it is ready, reloads and stops, and no child inherits how', () => {
  const { manager, said, env } = connect({ NOTIFY_SOCKET: '@notify' });
  manager.ready('serves as d10');
  manager.reloading();
  manager.ready('again');
  manager.stopping();
  expect(said).toEqual([
    '@notify: READY=1 STATUS=serves as d10',
    expect.stringMatching(/^@notify: RELOADING=1 MONOTONIC_USEC=\d+$/u),
    '@notify: READY=1 STATUS=again',
    '@notify: STOPPING=1',
  ]);
  expect(env).toEqual({ PATH: '/bin' });
});

describe('the watchdog', () => {
  test('is fed twice in its time, from when the service is ready', () => {
    const { manager, said } = connect({ NOTIFY_SOCKET: 's', WATCHDOG_USEC: '20000000', WATCHDOG_PID: '4711' });
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([]);
    manager.ready('serves');
    manager.ready('again');
    vi.advanceTimersByTime(30_000);
    expect(said.filter((one) => one === 's: WATCHDOG=1')).toHaveLength(3);
  });

  test('of another process is not', () => {
    const { manager, said } = connect({ NOTIFY_SOCKET: 's', WATCHDOG_USEC: '20000000', WATCHDOG_PID: '1' });
    manager.ready('serves');
    vi.advanceTimersByTime(60_000);
    expect(said).toHaveLength(1);
  });
});
