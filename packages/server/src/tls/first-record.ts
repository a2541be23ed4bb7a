import type { Socket } from 'node:net';

/** Content type of a record in which a handshake begins (RFC 8446 §5.1). */
const HANDSHAKE = 22;
/** Content type, version, length. */
const HEADER_BYTES = 5;
/** A record in the clear holds no more (RFC 8446 §5.1). */
const RECORD_MAX_BYTES = 2 ** 14;

/**
 * Calls `onReady` when the first record of a handshake is complete, or when it is certain that none comes; TLS then
 * reports the error. The data is put back into the socket. Until then a client costs its octets only; a handshake that
 * has begun costs 130 KiB of buffers of OpenSSL and Node.
 *
 * It is not called when the socket closes before. The caller bounds the time, and must have removed its own data
 * listeners with `off`: after `removeAllListeners` the socket would keep flowing and lose the data that was put back.
 */
export function awaitFirstRecord(socket: Socket, onReady: () => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = () => void socket.off('readable', look).off('close', stop);
  const look = () => {
    for (let chunk = take(socket); chunk !== null; chunk = take(socket)) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
    if (bytes === 0) return;
    const octets = gather(chunks, bytes);
    if (lacksOctets(octets)) {
      chunks.splice(0, chunks.length, octets);
      return;
    }
    stop();
    socket.unshift(octets);
    onReady();
  };
  socket.on('readable', look).once('close', stop);
}

function lacksOctets(octets: Buffer): boolean {
  if (octets[0] !== HANDSHAKE) return false;
  if (octets.length < HEADER_BYTES) return true;
  const length = octets.readUInt16BE(HEADER_BYTES - 2);
  return length <= RECORD_MAX_BYTES && octets.length < HEADER_BYTES + length;
}

/** One buffer, not from Node's shared pool, whose whole block it would keep in memory. */
function gather(chunks: readonly Buffer[], bytes: number): Buffer {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const all = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(all, at);
  return all;
}

function take(socket: Socket): Buffer | null {
  const chunk: unknown = socket.read();
  return Buffer.isBuffer(chunk) ? chunk : null;
}
