import { connect } from 'node:net';
import { type Exchange, type ExchangeRequest, runExchange, unreachable } from './exchange.ts';
import type { Query } from './query.ts';
import { readResponse } from './response.ts';

const PREFIX_OCTETS = 2;

/** Asks over TCP, one question per connection (RFC 7766 §8: each message has its length before it, so none exceeds 64 KiB). */
export function exchangeTcp(request: ExchangeRequest): Promise<Exchange> {
  const { server, query } = request;
  return runExchange(request, (finish) => {
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    const chunks: Buffer[] = [];
    let received = 0;
    socket.on('error', (error) => finish(unreachable(error)));
    socket.on('close', () => finish({ kind: 'fault', fault: 'malformed', detail: 'TCP connection closed before the end of the answer' }));
    socket.on('connect', () => socket.write(withPrefix(query.bytes)));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      // Enough is decided on the lengths alone; the parts are joined once, not per chunk.
      const expected = expectedOctets(chunks);
      if (expected !== undefined && received >= expected)
        finish(readAnswer(Buffer.concat(chunks).subarray(PREFIX_OCTETS, expected), query));
    });
    return () => socket.destroy();
  });
}

function withPrefix(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_OCTETS);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}

/** Prefix and message together; undefined while the prefix is not there. */
function expectedOctets(chunks: readonly Buffer[]): number | undefined {
  const [first, second] = chunks;
  if (first === undefined) return undefined;
  const prefix = first.length >= PREFIX_OCTETS ? first : Buffer.concat([first, second ?? Buffer.alloc(0)]);
  return prefix.length < PREFIX_OCTETS ? undefined : PREFIX_OCTETS + prefix.readUInt16BE(0);
}

/** On a connection of our own nothing is stray: what does not answer the question is a broken server. */
function readAnswer(message: Buffer, query: Query): Exchange {
  const reading = readResponse(message, query);
  if (reading.kind === 'response') return reading;
  return { kind: 'fault', fault: 'malformed', detail: reading.kind === 'malformed' ? reading.detail : `${reading.kind} answer over TCP` };
}
