import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { scanStream } from './instream.ts';
import { afterStream, startScriptedClamd } from './scripted-clamd.fixture.ts';

const NEVER = new AbortController().signal;
const LIMITS = { scanMs: 20_000, scanMsPerMib: 0, stallMs: 20_000, closeMs: 20_000 };
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function rest(socket: Socket): Promise<void> {
  socket.pause();
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  socket.resume();
}

/** A message whose chunks are views of one block, the lent one, which each overwrites at once. */
function refilling(bytes: Buffer, chunkBytes: number) {
  const lent: number[] = [];
  async function* read(_range?: unknown, block?: Buffer): AsyncGenerator<Buffer> {
    if (block === undefined) throw new Error('no block was lent');
    lent.push(block.length);
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      block.fill('?');
      yield block.subarray(0, bytes.copy(block, 0, at, at + chunkBytes));
    }
    block.fill('?');
  }
  return { sizeBytes: bytes.length, lent, read };
}

test.each([1, 5_000, 65_536])('a block that is overwritten with each chunk of %i octets reaches a slow clamd whole', async (chunkBytes) => {
  // Larger than what the kernel holds, so that writes must wait; no four zeros, which end the stream for the scripted
  // daemon.
  const bytes = randomBytes(chunkBytes === 1 ? 2_000 : 12_000_000).map((octet) => octet | 1);
  const message = refilling(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), chunkBytes);
  let seen = '';
  const reading = afterStream((socket, stream) => {
    seen = hashOf(stream);
    socket.end('stream: OK\0');
  });
  await using daemon = await startScriptedClamd((socket) => {
    reading(socket);
    // Slower than we are, so that our side is soon full.
    socket.on('data', () => void rest(socket));
  });
  expect(await scanStream(daemon.address, message, NEVER, LIMITS)).toEqual({ kind: 'clean' });
  expect(seen).toBe(hashOf(Buffer.from(bytes)));
  expect(message.lent).toEqual([Math.min(65_536, message.sizeBytes)]);
});
