import { connect, type Socket } from 'node:net';

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

/** Connects from an address of 127.0.0.0/8, so that bounds by address hide nothing. */
export async function connectAttacker(port: number, from = '127.0.0.1'): Promise<Attacker> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
  const replies: string[] = [];
  let unread = 0;
  let end: Ending['end'] = 'open';
  let wake = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    const finish = (how: Ending['end']) => {
      if (end === 'open') end = how;
      resolve();
      wake();
    };
    socket
      .once('end', () => finish('closed'))
      .once('error', () => finish('reset'))
      .once('close', () => finish('reset'));
  });
  socket.on(
    'data',
    readLines((line) => {
      if (line[3] === '-') return;
      if (replies.length < REPLIES_MAX) replies.push(line);
      else replies[REPLIES_MAX - 1] = line;
      wake();
    }),
  );
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    async reply() {
      while (unread >= replies.length && end === 'open')
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      unread += 1;
      return replies[unread - 1];
    },
    write: (octets) => write(socket, octets, ended, () => end === 'open'),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    ended,
    ending: () => ({ replies: [...replies], end }),
    destroy: () => void socket.destroy(),
  };
}

async function write(socket: Socket, octets: Buffer | string, ended: Promise<void>, isOpen: () => boolean): Promise<boolean> {
  if (!isOpen() || socket.destroyed) return false;
  if (!socket.write(octets)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
  return isOpen();
}

function readLines(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
