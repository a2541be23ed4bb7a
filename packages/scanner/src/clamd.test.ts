import { describe, expect, test } from 'vitest';
import { eicarFile } from './clamd/check.ts';
import { afterStream, type ClamdScript, honest, replying, type ScriptedClamd, startScriptedClamd } from './clamd/scripted-clamd.fixture.ts';
import { type ClamdLimits, createClamdAntivirus } from './clamd.ts';
import { filler, messageOf, watched } from './contract/messages.ts';
import { createMeter } from './contract/octets-in-use.ts';
import { describeAntivirus } from './contract.ts';

const NEVER = new AbortController().signal;
const DEADLINE_MS = 300;
/** A busy machine wakes late; a scan that has no deadline at all takes for ever. */
const LATENESS_MS = 15_000;
const SHORT: Partial<ClamdLimits> = {
  scanMs: DEADLINE_MS,
  scanMsPerMib: 0,
  stallMs: 200,
  closeMs: 100,
  harmlessMs: 200,
  harmlessMsPerMib: 0,
};
const LARGE = filler(4_000_000);
const SMALL = filler(100);

function antivirusOf(daemons: readonly ScriptedClamd[], limits: Partial<ClamdLimits> = SHORT, now = () => performance.now()) {
  return createClamdAntivirus({ servers: daemons.map(({ address }) => address), largestMessageBytes: 300_000, now, limits });
}

describeAntivirus('clamd, scripted', async () => {
  const daemon = await startScriptedClamd();
  return {
    antivirus: antivirusOf([daemon], {}),
    virus: eicarFile(),
    signature: 'Eicar-Test-Signature',
    dispose: async () => await daemon[Symbol.asyncDispose](),
  };
});

const drip: ClamdScript = afterStream((socket) => {
  const timer = setInterval(() => socket.write('s'), 20);
  socket.once('close', () => clearInterval(timer));
});
const hangUpAfter = (octets: number, how: (socket: Parameters<ClamdScript>[0]) => void): ClamdScript => {
  return (socket) => {
    let left = octets;
    socket.on('data', (chunk: Buffer) => {
      if (left > 0 && left <= chunk.length) how(socket);
      left -= chunk.length;
    });
  };
};

const FAULTS: readonly (readonly [string, string, Buffer, ClamdScript])[] = [
  ['closes at once', 'cut', SMALL, (socket) => socket.end()],
  ['closes after the message without a reply', 'cut', SMALL, replying('')],
  ['a reply cut in its middle', 'cut', SMALL, replying('stream: O')],
  ['a reply that lacks only its NUL', 'cut', SMALL, replying('stream: OK')],
  ['a newline for the NUL', 'cut', SMALL, replying('stream: OK\n')],
  ['garbage', 'malformed', SMALL, replying(Buffer.from([0xff, 0xfe, 0x01, 0x00]))],
  ['an empty reply', 'malformed', SMALL, replying('\0')],
  ['HTTP', 'cut', SMALL, replying('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['another case', 'malformed', SMALL, replying('stream: ok\0')],
  ['a space too many', 'malformed', SMALL, replying('stream: OK \0')],
  ['FOUND without a name', 'malformed', SMALL, replying('stream:  FOUND\0')],
  ['a name with control characters', 'malformed', SMALL, replying('stream: A\r\nB FOUND\0')],
  ['a name without end', 'malformed', SMALL, replying(`stream: ${'A'.repeat(300)} FOUND\0`)],
  ['ERROR', 'refused', SMALL, replying("stream: Can't allocate memory ERROR\0")],
  ['its own read time-out', 'refused', SMALL, replying('COMMAND READ TIMED OUT\0')],
  ['its own scan time-out', 'timeout', SMALL, replying('stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0')],
  ['junk after the reply', 'malformed', SMALL, replying('stream: OK\0junk')],
  ['two replies', 'malformed', SMALL, replying('stream: OK\0stream: Eicar FOUND\0')],
  ['two lines in one reply', 'malformed', SMALL, replying('stream: OK\nstream: Eicar FOUND\0')],
  ['a reply without end', 'malformed', SMALL, replying(Buffer.alloc(1_000_000, 'stream: '), { close: false })],
  ['an octet now and then', 'timeout', SMALL, drip],
  ['silence after the message', 'timeout', SMALL, afterStream(() => undefined)],
  ['a reply, but the connection stays', 'timeout', SMALL, replying('stream: OK\0', { close: false })],
  ['takes nothing', 'timeout', LARGE, (socket) => socket.pause()],
  ['resets in the middle', 'cut', LARGE, hangUpAfter(500_000, (socket) => socket.resetAndDestroy())],
  ['closes in the middle', 'cut', LARGE, hangUpAfter(500_000, (socket) => socket.end())],
  ['says OK before it has everything', 'malformed|timeout', LARGE, hangUpAfter(500_000, (socket) => socket.write('stream: OK\0'))],
  ['says FOUND before it has everything', 'malformed|timeout', LARGE, hangUpAfter(500_000, (socket) => socket.write('stream: X FOUND\0'))],
  [
    'its size limit, while we write',
    'too-large',
    LARGE,
    hangUpAfter(500_000, (socket) => socket.write('INSTREAM size limit exceeded. ERROR\0')),
  ],
];

describe('faults of clamd', () => {
  test('what it says before a reset is read, also when the next write meets the reset first', async () => {
    const came = Promise.withResolvers<Parameters<ClamdScript>[0]>();
    await using daemon = await startScriptedClamd((socket) => void socket.once('data', () => came.resolve(socket)));
    const content = {
      ...messageOf(LARGE),
      sizeBytes: LARGE.length,
      async *read() {
        yield LARGE.subarray(0, 100_000);
        const socket = await came.promise;
        // As clamd does it, which closes with octets of ours unread. Both at once, and the next octets before anybody polls.
        socket.write('INSTREAM size limit exceeded. ERROR\0');
        socket.resetAndDestroy();
        yield LARGE.subarray(100_000);
      },
    };
    const scanned = antivirusOf([daemon]).scan(content, NEVER);
    await expect(scanned).rejects.toEqual(expect.objectContaining({ name: 'ScannerFault', kind: 'too-large' }));
  });

  test.each(FAULTS)('%s: %s, within the deadline, and the next message is fine', async (_what, kind, body, script) => {
    await using daemon = await startScriptedClamd(script);
    const antivirus = antivirusOf([daemon]);
    const start = performance.now();
    await expect(antivirus.scan(messageOf(body), NEVER)).rejects.toEqual(
      expect.objectContaining({ name: 'ScannerFault', kind: expect.stringMatching(`^(?:${kind})$`) }),
    );
    expect(performance.now() - start).toBeLessThan(DEADLINE_MS + LATENESS_MS);
    daemon.play(honest());
    expect(await antivirus.scan(messageOf(SMALL), NEVER)).toEqual({ kind: 'clean' });
    await antivirus.close();
  });

  test('nobody listens; no server at all', async () => {
    const daemon = await startScriptedClamd();
    await daemon[Symbol.asyncDispose]();
    const unreachable = expect.objectContaining({ name: 'ScannerFault', kind: 'unreachable' });
    await expect(antivirusOf([daemon]).scan(messageOf(SMALL), NEVER)).rejects.toEqual(unreachable);
    await expect(antivirusOf([]).scan(messageOf(SMALL), NEVER)).rejects.toEqual(unreachable);
    const path = '/nonexistent/clamd.ctl';
    const lost = createClamdAntivirus({ servers: [{ kind: 'unix', path }], largestMessageBytes: 1, now: () => 0 });
    await expect(lost.scan(messageOf(SMALL), NEVER)).rejects.toEqual(unreachable);
    expect(await lost.check()).toEqual([expect.stringMatching(/^clamd unix:\/nonexistent\/clamd.ctl: cannot scan: no connection: /u)]);
  });

  test('a spool that gives less than it promises is no clean message', async () => {
    await using daemon = await startScriptedClamd();
    const content = { ...messageOf(SMALL), sizeBytes: 1000 };
    await expect(antivirusOf([daemon]).scan(content, NEVER)).rejects.toEqual(expect.objectContaining({ kind: 'unreadable' }));
  });

  test('memory stays flat over all of them, and a daemon that takes nothing gets nothing', async () => {
    const used = createMeter();
    await using daemon = await startScriptedClamd();
    const antivirus = antivirusOf([daemon], { ...SHORT, scanMs: 60, stallMs: 40, closeMs: 40, atOnce: 100 });
    const round = async () => {
      for (const [, , body, script] of FAULTS) {
        daemon.play(script);
        await Promise.allSettled(Array.from({ length: 4 }, async () => await antivirus.scan(messageOf(body), NEVER)));
      }
    };
    await round();
    const first = used();
    await round();
    // Octets of closed sockets go with one of the next turns.
    await expect.poll(() => used() - first, { interval: 20 }).toBeLessThan(8_000_000);

    let read = 0;
    daemon.play((socket) => socket.pause());
    const endless = {
      ...messageOf(''),
      sizeBytes: 1e9,
      async *read() {
        while (true) {
          read += 65_536;
          yield Buffer.alloc(65_536, 'x');
        }
      },
    };
    await expect(antivirus.scan(endless, NEVER)).rejects.toEqual(expect.objectContaining({ kind: 'timeout' }));
    // What the kernel's own buffers take on the way.
    expect(read).toBeLessThan(16_000_000);
  });
});

describe('several daemons', () => {
  test.each(FAULTS.filter(([, , body]) => body === SMALL))(
    'one answers when the other does this: %s',
    async (_what, _kind, body, script) => {
      await using bad = await startScriptedClamd(script);
      await using good = await startScriptedClamd();
      expect(await antivirusOf([bad, good]).scan(messageOf(body), NEVER)).toEqual({ kind: 'clean' });
      expect(good.connections()).toBe(1);
      // The second one is the harmless message that a late answer is compared with.
      expect(bad.connections()).toBeLessThanOrEqual(2);
    },
  );

  test('one that failed is asked last for its time, then tried again', async () => {
    await using bad = await startScriptedClamd((socket) => socket.end());
    await using good = await startScriptedClamd();
    let nowMs = 0;
    const antivirus = antivirusOf([bad, good], { ...SHORT, demotionMs: 1000 }, () => nowMs);
    for (const ms of [0, 1, 999, 1001]) {
      nowMs = ms;
      await antivirus.scan(messageOf(SMALL), NEVER);
    }
    expect([bad.connections(), good.connections()]).toEqual([2, 4]);
  });

  test('both fail: one fault that names both', async () => {
    await using one = await startScriptedClamd((socket) => socket.end());
    await using other = await startScriptedClamd(replying('x\0'));
    const message = expect.stringMatching(/^clamd tcp:\S+: closed .*; clamd tcp:\S+: a reply that is none: "x"$/u);
    await expect(antivirusOf([one, other]).scan(messageOf(SMALL), NEVER)).rejects.toEqual(expect.objectContaining({ message }));
  });

  test('the work is shared', async () => {
    await using one = await startScriptedClamd();
    await using other = await startScriptedClamd();
    const antivirus = antivirusOf([one, other], {});
    await Promise.all(Array.from({ length: 20 }, () => antivirus.scan(messageOf(SMALL), NEVER)));
    expect([one.connections(), other.connections()]).toEqual([10, 10]);
  });
});

test('no more than so many scans at once', async () => {
  let running = 0;
  let most = 0;
  await using daemon = await startScriptedClamd();
  const antivirus = antivirusOf([daemon], { atOnce: 3 });
  const scanOne = async () => {
    let reads = 0;
    const content = watched(messageOf(SMALL), () => {
      reads += 1;
      if (reads === 1) running += 1;
      most = Math.max(most, running);
    });
    await antivirus.scan(content, NEVER);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 40 }, scanOne));
  expect(most).toBe(3);
  expect(daemon.connections()).toBe(40);
});

describe('the check at start', () => {
  const LIMIT = /^clamd tcp:\S+: /u;
  const largeIs = (reply: string): ClamdScript =>
    afterStream((socket, stream) => {
      if (stream.subarray(0, 2).toString() === 'PK') socket.end('stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0');
      else socket.end(stream.length < 300_000 ? 'stream: Eicar FOUND\0' : reply);
    });
  test.each<[string, ClamdScript, RegExp]>([
    ['no signatures', replying('stream: OK\0'), /does not know the EICAR test file/u],
    ['a small stream', largeIs('INSTREAM size limit exceeded. ERROR\0'), /refuses a message of 300000 octets: .*"StreamMaxLength 1M"$/u],
    [
      'a small file',
      largeIs('stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0'),
      /gives up .*: in clamd.conf set "MaxFileSize 1M"$/u,
    ],
    [
      'a small scan',
      largeIs('stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0'),
      /gives up .*: in clamd.conf set "MaxScanSize 4M"$/u,
    ],
    ['a blind far end', largeIs('stream: OK\0'), /does not find EICAR .*"MaxFileSize 1M", "MaxScanSize 4M" and "AlertExceedsMax yes"$/u],
    ['breaking off', largeIs(''), /breaks off .*"StreamMaxLength 1M"/u],
    ['an error', largeIs('stream: x ERROR\0'), /cannot scan a message of 300000 octets: says "stream: x ERROR"/u],
    [
      'silent limits',
      afterStream((socket, stream) => socket.end(stream.subarray(0, 2).toString() === 'PK' ? 'stream: OK\0' : 'stream: Eicar FOUND\0')),
      /calls clean what exceeds its limits: in clamd.conf set "AlertExceedsMax yes"$/u,
    ],
    ['silence', afterStream(() => undefined), /cannot scan: no reply within 300 ms/u],
  ])('%s is told', async (_what, script, words) => {
    await using daemon = await startScriptedClamd(script);
    expect(await antivirusOf([daemon]).check()).toEqual([expect.stringMatching(words)]);
    expect((await antivirusOf([daemon]).check())[0]).toMatch(LIMIT);
  });
});
