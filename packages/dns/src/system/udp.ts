import { createSocket } from 'node:dgram';
import { STRAY_PACKETS_MAX } from '../limits.ts';
import { type Exchange, type ExchangeRequest, runExchange, unreachable } from './exchange.ts';
import { readResponse } from './response.ts';

/** When the question is sent a second time, as a part of the exchange's time: a lost datagram must not cost the whole look-up. */
const RESEND_AT = 1 / 3;

/**
 * Asks over UDP. The socket is new, so that its source port is one the kernel picked at random, and connected, so that the kernel drops
 * what comes from anybody else (RFC 5452 §9).
 */
export function exchangeUdp(request: ExchangeRequest): Promise<Exchange> {
  const { server, query, timeoutMs } = request;
  return runExchange(request, (finish) => {
    const socket = createSocket(server.family === 6 ? 'udp6' : 'udp4');
    let strays = 0;
    const send = (): void => socket.send(query.bytes, (error) => error && finish(unreachable(error)));
    let resend: NodeJS.Timeout | undefined;
    socket.on('error', (error) => finish(unreachable(error)));
    socket.on('message', (packet) => {
      const reading = readResponse(packet, query);
      if (reading.kind === 'malformed') finish({ kind: 'fault', fault: 'malformed', detail: reading.detail });
      else if (reading.kind !== 'stray') finish(reading);
      else if (++strays >= STRAY_PACKETS_MAX) finish({ kind: 'fault', fault: 'malformed', detail: 'flooded with foreign answers' });
    });
    socket.once('connect', () => {
      send();
      // Same id and port: an answer to either of the two is welcome, and a forger's odds stay what they were.
      resend = setTimeout(send, timeoutMs * RESEND_AT);
    });
    socket.connect(server.port, server.address);
    return () => {
      clearTimeout(resend);
      socket.close();
    };
  });
}
