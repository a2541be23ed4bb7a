import { describe, expect, test } from 'vitest';
import { createClamdAntivirus } from '../clamd.ts';
import { filler, messageOf } from '../contract/messages.ts';
import { afterStream, type ClamdScript, type ScriptedClamd, startScriptedClamd } from './scripted-clamd.fixture.ts';

const NEVER = new AbortController().signal;
/** What the daemon of these tests never comes to an end with. */
const ENDLESS = 'sixty thousand empty files';
const LIMITS = { scanMs: 200, scanMsPerMib: 0, stallMs: 10_000, closeMs: 10_000, harmlessMs: 10_000, harmlessMsPerMib: 0 };

function antivirusOf(daemons: readonly ScriptedClamd[], limits: Partial<typeof LIMITS> = {}) {
  const servers = daemons.map(({ address }) => address);
  return createClamdAntivirus({ servers, largestMessageBytes: 1, now: () => performance.now(), limits: { ...LIMITS, ...limits } });
}

/** Answers a harmless message with `reply`, and the other one with `endless`, or never. */
function daemonOf(reply: string | undefined, endless?: string): ClamdScript {
  return afterStream((socket, stream) => {
    const answer = stream.includes(ENDLESS) ? endless : reply;
    if (answer !== undefined) socket.end(answer);
  });
}

const WELL = daemonOf('stream: OK\0');
const OVERLOADED = daemonOf(undefined);

describe('a message that clamd does not finish', () => {
  test.each<[string, string, ClamdScript]>([
    ['it is well', 'too-long', WELL],
    ['it is well and gives up by itself', 'too-long', daemonOf('stream: OK\0', 'stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0')],
    ['it finishes nothing else either', 'timeout', OVERLOADED],
    ['it calls everything bad', 'timeout', daemonOf('stream: X FOUND\0')],
    ['it fails with everything else', 'timeout', daemonOf('')],
  ])('%s: %s', async (_what, kind, script) => {
    await using daemon = await startScriptedClamd(script);
    const scan = antivirusOf([daemon], kind === 'timeout' ? { harmlessMs: 200 } : {}).scan(messageOf(ENDLESS), NEVER);
    await expect(scan).rejects.toEqual(expect.objectContaining({ name: 'ScannerFault', kind }));
    expect(daemon.connections()).toBe(2);
  });

  test('it is compared with as much as the message has', async () => {
    const sizes: number[] = [];
    await using daemon = await startScriptedClamd(
      afterStream((socket, stream) => {
        sizes.push(stream.length);
        if (!stream.includes(ENDLESS)) socket.end('stream: OK\0');
      }),
    );
    const message = messageOf(Buffer.concat([filler(300_000), Buffer.from(ENDLESS)]));
    await expect(antivirusOf([daemon]).scan(message, NEVER)).rejects.toEqual(expect.objectContaining({ kind: 'too-long' }));
    expect(sizes).toEqual([message.sizeBytes, message.sizeBytes]);
  });

  test('what clamd has not even taken is no such message', async () => {
    let connections = 0;
    await using daemon = await startScriptedClamd((socket) => {
      connections += 1;
      if (connections === 1) socket.pause();
      else WELL(socket);
    });
    const scan = antivirusOf([daemon], { stallMs: 200, scanMs: 10_000 }).scan(messageOf(filler(8_000_000)), NEVER);
    await expect(scan).rejects.toEqual(expect.objectContaining({ kind: 'timeout' }));
    expect(connections).toBe(1);
  });

  test.each<[string, string, ClamdScript, ClamdScript]>([
    ['every one of them says so', 'too-long', WELL, WELL],
    ['the first is not well', 'timeout', OVERLOADED, WELL],
    ['the second is not well', 'timeout', WELL, OVERLOADED],
    ['the second is away', 'cut', WELL, (socket) => socket.destroy()],
  ])('of several, %s: %s', async (_what, kind, first, second) => {
    await using one = await startScriptedClamd(first);
    await using other = await startScriptedClamd(second);
    const limits = kind === 'timeout' ? { harmlessMs: 200 } : {};
    const scan = antivirusOf([one, other], limits).scan(messageOf(ENDLESS), NEVER);
    await expect(scan).rejects.toEqual(expect.objectContaining({ kind }));
  });

  test('who gives up while it is compared is told so', async () => {
    const given = new AbortController();
    await using daemon = await startScriptedClamd(
      afterStream((_socket, stream) => {
        if (!stream.includes(ENDLESS)) given.abort();
      }),
    );
    const scan = antivirusOf([daemon]).scan(messageOf(ENDLESS), given.signal);
    await expect(scan).rejects.toEqual(expect.objectContaining({ kind: 'aborted' }));
  });
});
