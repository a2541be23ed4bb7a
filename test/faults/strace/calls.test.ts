import { expect, test } from 'vitest';
import { describeCall, isInternal, looksLike, parseCalls } from './calls.ts';

const LOG = `10 epoll_pwait(16<anon_inode:[eventpoll]>,  <unfinished ...>
12 mkdir("/mail/box", 0700) = 0
11 write(9<anon_inode:[eventfd]>, "\\1\\0", 8) = 8
12 write(9<anon_inode:[eventfd]>, "\\1\\0", 8 <unfinished ...>
10 <... epoll_pwait resumed>[], 1024, 0, NULL, 8) = 0
12 <... write resumed>) = 8
12 write(31</mail/box/tmp/x>, "Return-Path", 10) = 10
10 write(30<socket:[5]>, "250 2.0.0", 9) = 9
12 +++ exited with 0 +++
`;

test('calls are counted by name and thread; what other threads do, and what was only resumed, is no call', () => {
  const calls = parseCalls(LOG, 10, 12);
  expect(calls.map(({ thread, name, nth }) => `${thread} ${name} ${nth}`)).toEqual([
    'main epoll_pwait 1',
    'files mkdir 1',
    'files write 1',
    'files write 2',
    'main write 1',
  ]);
  expect(calls.filter((call) => !isInternal(call)).map(describeCall)).toEqual([
    'main epoll_pwait 1 anon_inode:[eventpoll]',
    'files mkdir 1 mail/box',
    'files write 2 Return-Path',
    'main write 1 250 2.0.0',
  ]);
});

test.each([
  ['write(31<socket:[77]>, "250 other", 9) = ?', true],
  ['write(31<socket:[77]>, "221 bye", 9) = ?', false],
  ['write(3<pipe:[77]>, "250", 3) = ?', false],
  ['read(31<socket:[77]>, "250", 3) = ?', false],
  [undefined, false],
])('%s is like the reply to a message: %s', (hit, expected) => {
  expect(looksLike({ thread: 'main', name: 'write', nth: 1, text: '30<socket:[5]>, "250 2.0.0", 9) = 9' }, hit)).toBe(expected);
});
