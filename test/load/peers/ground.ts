import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { findFreePort, findProgram, type RunningProgram, startProgram } from '@vratny/daemons';
import { writeCertificate } from '@vratny/support/certificate';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { canConnect } from './can-connect.ts';
import { type Ground, secondsOfThese } from './server.ts';

/** Prepares sinks, resolver and certificate; disposing takes everything away. */
export async function makeGround(say: (line: string) => void, signal: AbortSignal): Promise<Ground & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(makeTemporaryFolder('bench'));
  chmodSync(folder.path, 0o755);
  const stop = async (program: RunningProgram) => void (await program.stop());
  const harness = [process.pid];
  const sink = async (...options: readonly string[]) => {
    const port = await findFreePort();
    const args = [...SINK_OPTIONS, ...options, `127.0.0.1:${port}`, '1000'];
    harness.push(stack.adopt(startProgram(findProgram('smtp-sink') ?? 'smtp-sink', args), stop).pid);
    await canConnect(port);
    return port;
  };
  const ground = {
    folder: folder.path,
    lmtpSink: await sink('-L'),
    smtpSink: await sink(),
    resolver: await startResolver(stack),
    tls: await writeCertificate(folder.path, 'mx.test'),
    processes: availableParallelism(),
    harnessSeconds: () => secondsOfThese(harness),
    say,
    signal,
  };
  const owned = stack.move();
  return { ...ground, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Without `-m` a sink serves 256 sessions and lets the others wait. */
const SINK_OPTIONS = ['-m', '3000', '-u', 'nobody'];

const HEADER_BYTES = 12;
const TYPE = { A: 1, MX: 15, TXT: 16 } as const;
const NXDOMAIN = 3;
const TTL_SECONDS = 300;
/** The entry that every DNS blacklist has (RFC 5782 §5). */
const TEST_ENTRY = '2.0.0.127.';

/** A resolver to which every sender's domain is known: MX, address, and an SPF record that lets this machine send. Lists know their test entry. */
async function startResolver(stack: AsyncDisposableStack): Promise<string> {
  const socket = stack.adopt(createSocket('udp4'), (one) => new Promise<void>((resolve) => one.close(() => resolve())));
  socket.on('message', (query, from) => socket.send(answer(query), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

/** RFC 1035 §4.1: the question comes back with at most one record behind it. */
function answer(query: Buffer): Buffer {
  let at = HEADER_BYTES;
  let name = '';
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    name += `${query.toString('latin1', at + 1, at + 1 + length)}.`;
    at += length + 1;
  }
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(HEADER_BYTES, at + 5);
  const data = isSender(name) || (name.startsWith(TEST_ENTRY) && type === TYPE.A) ? dataOf(name, type) : undefined;
  const exists = data !== undefined || isSender(name) || name.startsWith(TEST_ENTRY);
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(0x8180 | (exists ? 0 : NXDOMAIN), 2);
  header.writeUInt16BE(data === undefined ? 0 : 1, 6);
  header.writeUInt16BE(data === undefined ? 1 : 0, 8);
  header.writeUInt16BE(0, 10);
  if (data === undefined) return Buffer.concat([header, question, NO_SUCH_RECORD]);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([header, question, record, data]);
}

/** The SOA of the root: with a negative answer it says how long that may be kept (RFC 2308 §3). Every resolver sends one; without it nothing is kept. */
const NO_SUCH_RECORD = Buffer.from([
  0, 0, 6, 0, 1, 0, 0, 1, 44, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 1, 44,
]);

/** `cz` alone, and two labels below it: the names that senders have. */
function isSender(name: string): boolean {
  return /^[a-z0-9]+\.cz\.$/iu.test(name);
}

function dataOf(name: string, type: number): Buffer | undefined {
  if (type === TYPE.A) return Buffer.from(name.startsWith(TEST_ENTRY) ? [127, 0, 0, 2] : [192, 0, 2, 25]);
  // The domain itself receives: a pointer to the name of the question.
  if (type === TYPE.MX) return Buffer.from([0, 10, 0xc0, HEADER_BYTES]);
  if (type === TYPE.TXT) return characterString('v=spf1 ip4:127.0.0.0/8 -all');
  return undefined;
}

function characterString(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
}
