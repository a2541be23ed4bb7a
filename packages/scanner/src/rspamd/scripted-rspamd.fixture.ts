import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request with its whole body. */
export interface Seen {
  readonly url: string;
  /** Names in lower case and values as they came, in turn. */
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: Buffer;
}

/** What a scripted rspamd does with a request; it need not read the body. */
export type RspamdScript = (request: IncomingMessage, response: ServerResponse) => void;

/** An rspamd of the tests, on a free port. */
export interface ScriptedRspamd extends AsyncDisposable {
  readonly url: string;
  play(script: RspamdScript): void;
  /** Requests for `/checkv2` so far. */
  asked(): number;
}

/** Starts one that does its work. */
export async function startScriptedRspamd(script: RspamdScript = honestRspamd()): Promise<ScriptedRspamd> {
  let current = script;
  let asked = 0;
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (request.url === '/ping') {
      response.end('pong\r\n');
      return;
    }
    asked += 1;
    current(request, response);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    play: (next) => {
      current = next;
    },
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads the whole body, then does `then`. */
export function afterBody(then: (response: ServerResponse, seen: Seen) => void): RspamdScript {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      then(response, { url: request.url ?? '', headers: request.headersDistinct, body: Buffer.concat(chunks) });
    });
  };
}

/** Reads the whole body and answers 200 with this. */
export function answering(body: string | Buffer): RspamdScript {
  return afterBody((response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(body);
  });
}

/** An answer as rspamd 3 writes it. */
export function answerOf(parts: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    is_skipped: false,
    score: 1.1,
    required_score: 15,
    action: 'no action',
    symbols: { MIME_GOOD: { name: 'MIME_GOOD', score: -0.1, metric_score: -0.1 }, DATE_IN_PAST: { name: 'DATE_IN_PAST', score: 1.2 } },
    messages: {},
    'message-id': 'undef',
    time_real: 0.01,
    ...parts,
  });
}

/** The body that {@link honestRspamd} takes for spam. */
export const SPAM_MARK = Buffer.from('mark of the test');

/** Gives 15 points for {@link SPAM_MARK}. */
export function honestRspamd(): RspamdScript {
  return afterBody((response, { body }) => {
    response.end(answerOf(body.includes(SPAM_MARK) ? { score: 15, action: 'reject' } : {}));
  });
}
