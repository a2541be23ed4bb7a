import { connectTo } from './smtp-client.ts';

/** What came of one connection. */
export interface Ending {
  /** Each reply's last line, in order; beyond {@link REPLIES_MAX} only the last one is kept. */
  readonly replies: readonly string[];
  /** How the connection ended: `closed` by FIN, `reset`, or still `open` when the attack was over. */
  readonly end: 'closed' | 'reset' | 'open';
}

/** One hostile connection. Replies are read as they come, unless the attack does not want to. */
export interface Attacker {
  /** The next reply's last line; undefined once the connection has ended. */
  reply(): Promise<string | undefined>;
  /** Writes, and waits until the kernel has taken it; false once the connection has ended. */
  write(octets: Buffer | string): Promise<boolean>;
  /** Stops reading; what comes waits in the kernel. */
  pause(): void;
  resume(): void;
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<void>;
  ending(): Ending;
  destroy(): void;
}

/** More than any attack needs to look at. */
const REPLIES_MAX = 2_000;
/** An attack has its own deadline. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** Connects from an address of 127.0.0.0/8, so that bounds by address hide nothing. */
export async function connectAttacker(port: number, from = '127.0.0.1'): Promise<Attacker> {
  const client = connectTo(port, { localAddress: from, halfOpen: true, patienceMs: FOR_EVER_MS });
  const { socket } = client;
  const replies: string[] = [];
  let taken = 0;
  let how: Ending['end'] = 'open';
  let end: Ending['end'] = 'open';
  let wake = (): void => undefined;
  const finish = (one: Ending['end']) => {
    if (how === 'open') how = one;
  };
  socket
    .once('end', () => finish('closed'))
    .once('error', () => finish('reset'))
    .once('close', () => finish('reset'));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));

  async function read(): Promise<void> {
    for (let line = await client.readLine(); line !== undefined; line = await client.readLine()) {
      if (line[3] === '-') continue;
      if (replies.length < REPLIES_MAX) replies.push(line);
      else replies[REPLIES_MAX - 1] = line;
      wake();
    }
    end = how;
    wake();
  }
  const ended = read();
  return {
    async reply() {
      while (taken >= replies.length && end === 'open')
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      taken += 1;
      return replies[taken - 1];
    },
    async write(octets) {
      if (how !== 'open' || socket.destroyed) return false;
      if (!socket.write(octets)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
      return how === 'open';
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    ended,
    ending: () => ({ replies: [...replies], end }),
    destroy: () => client.close(),
  };
}
