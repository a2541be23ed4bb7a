import { createMemoryArchives } from '@vratny/archive/memory';
import { createSpool, secondView, walkMessage } from '@vratny/message';
import { zipOfNames } from '@vratny/support/corpus/archives/large';
import { connectTo, type SmtpClient } from '@vratny/support/smtp-client';
import { type Ground, residentOf } from './server.ts';
import { vratny } from './vratny.ts';

/** What a thing costs that no peer does, or that is no message. */
export interface Cost {
  readonly what: string;
  readonly figure: string;
}

/** Each is looked at so often; the median counts. */
const TIMES = 5;
const NAMES = 60_000;
const PARTS = 10_000;
const IDLE = 10_000;
/** Clients that connect at once: fewer than a listening socket keeps. */
const AT_ONCE = 100;
/** Before idle clients are counted: what is made once is there by then. */
const IDLE_BEFORE = 500;
const CLIENT_ADDRESSES = 200;

/** An archive, a message and clients that are made to cost. */
export async function measureCosts(ground: Ground): Promise<readonly Cost[]> {
  const names = zipOfNames(NAMES);
  const zip = await medianMs(() => readZip(names));
  const [half, whole] = [await messageMs(PARTS / 2, ground), await messageMs(PARTS, ground)];
  return [
    { what: `zip of ${NAMES} names, read until there are too many`, figure: `${Math.round(zip)} ms` },
    { what: `message of ${PARTS} MIME parts, looked through twice`, figure: `${Math.round(whole)} ms` },
    { what: `message of ${PARTS / 2} MIME parts`, figure: `${Math.round(half)} ms` },
    { what: `${IDLE} clients that said EHLO and wait`, figure: `${((await idleBytes(ground)) / 1_024).toFixed(1)} KiB each` },
  ];
}

async function readZip(octets: Buffer): Promise<void> {
  const archives = createMemoryArchives();
  const bytes = (async function* pieces() {
    yield octets;
  })();
  await archives.list([{ name: 'names.zip', bytes }]);
  await archives.close();
}

async function messageMs(parts: number, { folder }: Pick<Ground, 'folder'>): Promise<number> {
  const head = (i: number) => `--b\r\nContent-Type: text/plain; name="f${i}.txt"\r\nContent-Disposition: attachment; filename="f${i}.txt"`;
  const spool = createSpool({ directory: folder });
  await spool.write(Buffer.from('MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'));
  for (let i = 0; i < parts; i += 1) await spool.write(Buffer.from(`${head(i)}\r\n\r\nx\r\n`));
  await spool.write(Buffer.from('--b--\r\n'));
  const content = await spool.finish();
  try {
    return await medianMs(async () => void (await Promise.all([walkMessage(content), secondView(content)])));
  } finally {
    await content.discard();
  }
}

async function medianMs(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((one, other) => one - other)[TIMES >> 1] ?? Number.NaN;
}

/** Memory of a host of ours that each idle client adds. */
async function idleBytes(ground: Ground): Promise<number> {
  await using server = await vratny({ letter: 'a', connections: 2 * IDLE }).start(ground);
  const clients: SmtpClient[] = [];
  try {
    await connectMany(server.port, IDLE_BEFORE, clients);
    const before = residentOf(server.pid);
    await connectMany(server.port, IDLE, clients);
    return (residentOf(server.pid) - before) / IDLE;
  } finally {
    for (const client of clients) client.close();
  }
}

async function connectMany(port: number, count: number, clients: SmtpClient[]): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => connectOne(port, clients, done + i)));
  }
}

async function connectOne(port: number, clients: SmtpClient[], number: number): Promise<void> {
  // Of many addresses: a host bounds what one has.
  const client = connectTo(port, { localAddress: `127.0.1.${1 + (number % CLIENT_ADDRESSES)}` });
  clients.push(client);
  await client.reply();
  const reply = await client.ask('EHLO client.example');
  if (!reply.startsWith('250')) throw new Error(`an idle client was told: ${reply}`);
}
