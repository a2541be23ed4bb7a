import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerAddress } from '@vratny/client';

/** What the server does next: writes a text as it is, or an octet a moment; ends the connection (`DROP`); nothing for ever (`HANG`); 354 and no more reading (`DEAF`). */
export type Act = string | { readonly slowly: string; readonly everyMs: number };

/** Where a session stands. */
export interface Moment {
  /** Number of the connection, from 1. */
  readonly connection: number;
  /** Messages that this connection took, whatever it answered. */
  readonly messages: number;
  /** RCPTs accepted so far, as written. */
  readonly recipients: readonly string[];
}

/** How the server differs from one that takes everything. Undefined is the usual answer. */
export interface Script {
  readonly greeting?: ((moment: Moment) => Act | undefined) | undefined;
  readonly features?: readonly string[] | undefined;
  /** `command` as it was sent, without CRLF. */
  readonly command?: ((command: string, moment: Moment) => Act | undefined) | undefined;
  /** After the dot, one act for each recipient, or more, or fewer. */
  readonly dot?: ((recipients: readonly string[], moment: Moment) => readonly Act[] | undefined) | undefined;
  /** Seen before anything else, with what has come of the message so far; true closes the connection in the middle of it. */
  readonly cut?: ((octets: number) => boolean) | undefined;
}

/** A message that was handed over completely. */
export interface Taken {
  readonly recipients: readonly string[];
  /** Unstuffed. */
  readonly bytes: Buffer;
  /** The recipients that got a 250. */
  readonly acknowledged: readonly string[];
}

/** A running server. */
export interface ScriptedServer extends AsyncDisposable {
  readonly server: ServerAddress;
  readonly taken: readonly Taken[];
  /** Every command of every connection: `1 LHLO mx`. */
  readonly commands: readonly string[];
  readonly connections: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
  /** Closes all connections, as a server does that was restarted. */
  readonly closeAll: () => void;
}

const CRLF = '\r\n';
/** What a usual server offers. */
export const FEATURES: readonly string[] = ['8BITMIME', 'ENHANCEDSTATUSCODES', 'PIPELINING'];

/** Starts one on a free port of this machine, or on a socket in a temporary folder. */
export async function startScriptedServer(script: Script = {}, kind: ServerAddress['kind'] = 'tcp'): Promise<ScriptedServer> {
  const taken: Taken[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    serve(socket, { script, connection: connections, taken, commands });
  });
  const folder = kind === 'unix' ? mkdtempSync(join(tmpdir(), 'vratny-lmtp-')) : undefined;
  if (folder === undefined) listener.listen(0, '127.0.0.1');
  else listener.listen(join(folder, 'socket'));
  await once(listener, 'listening');
  const address = listener.address();
  const server: ServerAddress =
    typeof address === 'object' && address !== null
      ? { kind: 'tcp', host: '127.0.0.1', port: address.port }
      : { kind: 'unix', path: join(folder ?? '', 'socket') };
  const closeAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server,
    taken,
    commands,
    connections: () => connections,
    open: () => sockets.size,
    closeAll,
    async [Symbol.asyncDispose]() {
      closeAll();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Session {
  readonly script: Script;
  readonly connection: number;
  readonly taken: Taken[];
  readonly commands: string[];
}

function serve(socket: Socket, { script, connection, taken, commands }: Session): void {
  let input = '';
  let recipients: string[] = [];
  let messages = 0;
  let inData = false;
  let inTransaction = false;
  // Said EHLO: one reply after the dot is for all recipients.
  let isSmtp = false;
  // Where to look for the next mark: a large message is not searched from its beginning with every piece of it.
  let searched = 0;
  let working = Promise.resolve();
  const moment = (): Moment => ({ connection, messages, recipients: [...recipients] });
  const say = (act: Act) => {
    working = working.then(() => perform(socket, act));
  };

  function takeMessage(text: string): void {
    inData = false;
    inTransaction = false;
    const bytes = Buffer.from(text.replaceAll('\r\n..', '\r\n.').slice(2), 'latin1');
    const acts =
      script.dot?.(recipients, moment()) ?? (isSmtp ? recipients.slice(0, 1) : recipients).map((one) => `250 2.0.0 <${one}> saved${CRLF}`);
    const acknowledged = recipients.filter((_one, at) => isPositive(acts[isSmtp ? 0 : at]));
    taken.push({ recipients: [...recipients], bytes, acknowledged });
    messages += 1;
    recipients = [];
    acts.forEach(say);
  }
  function takeCommand(command: string): void {
    commands.push(`${connection} ${command}`);
    const act = script.command?.(command, moment()) ?? usual(command);
    const good = isPositive(act);
    const verb = command.slice(0, 4).toUpperCase();
    if (verb === 'RCPT' && good) recipients.push(/<(.*)>/u.exec(command)?.[1] ?? '');
    if (verb === 'RSET' || verb === 'MAIL') recipients = [];
    if (verb === 'RSET' || verb === 'MAIL') inTransaction = verb === 'MAIL' && good;
    if (verb === 'DATA' && typeof act === 'string' && act.startsWith('354')) {
      inData = true;
      // So that the end can be looked for in one way, whether the message is empty or not.
      input = CRLF + input;
    }
    say(act);
    if (verb === 'QUIT') working = working.then(() => void socket.end());
  }
  function usual(command: string): string {
    const verb = command.slice(0, 4).toUpperCase();
    isSmtp ||= verb === 'EHLO';
    if (verb === 'LHLO' || verb === 'EHLO')
      return ['sink', ...(script.features ?? FEATURES)]
        .map((one, at, all) => `250${at === all.length - 1 ? ' ' : '-'}${one}${CRLF}`)
        .join('');
    if (verb === 'RCPT' && !inTransaction) return `503 5.5.1 MAIL first${CRLF}`;
    if (verb === 'DATA') return recipients.length === 0 ? `503 5.5.1 no recipients${CRLF}` : `354 go on${CRLF}`;
    return verb === 'QUIT' ? `221 2.0.0 bye${CRLF}` : `250 2.0.0 ${verb} fine${CRLF}`;
  }
  say(script.greeting?.(moment()) ?? `220 sink LMTP${CRLF}`);
  socket.setEncoding('latin1').on('data', (text: string) => {
    input += text;
    while (true) {
      if (inData && script.cut?.(input.length) === true) return void socket.destroy();
      const mark = inData ? '\r\n.\r\n' : CRLF;
      const end = input.indexOf(mark, Math.max(0, searched - mark.length));
      searched = end === -1 ? input.length : 0;
      if (end === -1) return;
      const piece = input.slice(0, inData ? end + 2 : end);
      input = input.slice(end + mark.length);
      if (inData) takeMessage(piece);
      else takeCommand(piece);
    }
  });
}

const isPositive = (act: Act | undefined): boolean => typeof act === 'string' && act.startsWith('2');

async function perform(socket: Socket, act: Act): Promise<void> {
  if (socket.destroyed) return;
  if (act === 'DROP') return void socket.end();
  if (act === 'DEAF') return void socket.pause().write(`354 go on${CRLF}`);
  if (act === 'HANG') return new Promise(() => undefined);
  if (typeof act === 'string') return void socket.write(act);
  for (const octet of act.slowly) {
    await new Promise((resolve) => setTimeout(resolve, act.everyMs));
    socket.write(octet);
  }
}
