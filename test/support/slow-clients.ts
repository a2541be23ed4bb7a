import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Kinds of clients that cost a server a connection and next to nothing else. */
export const SLOW_KINDS = ['silent', 'command', 'data', 'tls', 'hello', 'unread'] as const;
export type SlowKind = (typeof SLOW_KINDS)[number];

/** What each of them does, in words. */
export const SLOW_KIND_TEXT: Readonly<Record<SlowKind, string>> = {
  silent: 'silent at the greeting',
  command: 'an octet each 10 s in a command',
  data: 'an octet a second in DATA',
  tls: 'a TLS handshake that is not finished',
  hello: 'a whole ClientHello, and then nothing',
  unread: 'commands whose replies are never read',
};

/** Connections that a process of its own holds. */
export interface SlowClients extends AsyncDisposable {
  /** Undefined while none of them was turned away or cut off; else why. */
  trouble(): string | undefined;
}

/** Opens them, from addresses behind the first `skip` ones; resolves when each is where it stays. */
export async function holdSlowClients(port: number, kind: SlowKind, count: number, skip = 0): Promise<SlowClients> {
  const script = join(import.meta.dirname, 'slow-process.ts');
  const child = spawn(process.execPath, [script, String(port), kind, String(count), String(skip)], { stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    words = (words + chunk).slice(-4_000);
  });
  // One that has died cannot be told anything.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  const trouble = () => (child.exitCode === null && child.signalCode === null ? undefined : words);
  const dispose = async () => {
    child.stdin.end();
    await ended;
  };
  if (trouble() === undefined) return { trouble, [Symbol.asyncDispose]: dispose };
  throw new Error(`slow clients (${kind}): ${words}`);
}
