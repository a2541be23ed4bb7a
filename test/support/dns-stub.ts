import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A resolver of the tests on a free port of this machine. */
export interface DnsStub {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  close(): Promise<void>;
}

/** RFC 1035 §4.1.1. */
const HEADER_BYTES = 12;
const RESPONSE = 0x80;
const RECURSION_AVAILABLE = 0x80;
const SERVFAIL = 2;

/** Answers every question with SERVFAIL: names that no zone file can make fail do so here. */
export async function startServfailDns(): Promise<DnsStub> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    if (query.length < HEADER_BYTES) return;
    const answer = Buffer.from(query);
    answer.writeUInt8(answer.readUInt8(2) | RESPONSE, 2);
    answer.writeUInt8(RECURSION_AVAILABLE | SERVFAIL, 3);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
