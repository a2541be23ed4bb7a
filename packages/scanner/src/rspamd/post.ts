import {
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestPlain,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { openSocket } from '@vratny/client';
import type { Content } from '@vratny/message';
import type { Cancellation } from '@vratny/waiting';
import { CONNECT_MS, RSPAMD_ANSWER_MAX } from '../limits.ts';
import { faultQuoting, ScannerFault, toScannerFault } from '../scanner-fault.ts';
import { createPatience, orAborted } from '../wait.ts';

/** One request. */
export interface Request {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: OutgoingHttpHeaders;
  /** Octets to send; their number stands in the headers. */
  readonly body?: Pick<Content, 'sizeBytes' | 'read'>;
  /** How long the server may take none of them, in milliseconds. */
  readonly stallMs: number;
}

/**
 * Sends it on a connection of its own and returns the body of a 200, bounded. Rejects with `ScannerFault` for anything
 * else.
 */
export async function fetchAnswer({ url, method, headers, body, stallMs }: Request, signal: Cancellation): Promise<Buffer> {
  // A connection of our own, and no agent: Node asks nobody else for one then.
  const createConnection = ({ host, port }: ClientRequestArgs) => openSocket({ host: host ?? '', port: Number(port) });
  const request =
    url.protocol === 'https:'
      ? requestTls(url, { method, headers, agent: false })
      : requestPlain(url, { method, headers, createConnection });
  // A request that fails while nobody waits for it must not end the process.
  request.on('error', () => undefined);
  try {
    const response = awaitResponse(request);
    response.catch(() => undefined);
    await connected(request, signal);
    const complete = body === undefined || (await send(request, body, { signal, stallMs, response }));
    request.end();
    const bytes = await readBody(await orAborted(response, signal), signal);
    if (!complete) throw new ScannerFault('malformed', 'answered before it had the whole message');
    return bytes;
  } finally {
    request.destroy();
  }
}

async function connected(request: ClientRequest, signal: Cancellation): Promise<void> {
  using patience = createPatience(signal, CONNECT_MS, 'no connection');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request.once('error', (error) => reject(new ScannerFault('unreachable', `no connection: ${error.message}`, { cause: error })));
  request.once('socket', (socket) => {
    socket.once('connect', () => {
      socket.setNoDelay(true);
      resolve();
    });
  });
  await orAborted(promise, patience.signal);
}

function awaitResponse(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (error) => reject(new ScannerFault('cut', `the connection broke: ${error.message}`, { cause: error })));
    request.once('close', () => reject(new ScannerFault('cut', 'closed without an answer')));
  });
}

/** False when the server answered before it had everything; writing has stopped then. */
async function send(
  request: ClientRequest,
  body: Pick<Content, 'sizeBytes' | 'read'>,
  { signal, stallMs, response }: { readonly signal: Cancellation; readonly stallMs: number; readonly response: Promise<unknown> },
): Promise<boolean> {
  let answered = false;
  const answer = response.finally(() => {
    answered = true;
  });
  answer.catch(() => undefined);
  const chunks = body.read()[Symbol.asyncIterator]();
  let sent = 0;
  try {
    while (true) {
      const next = await orAborted(chunks.next(), signal);
      if (next.done === true) break;
      if (answered) return false;
      sent += next.value.length;
      if (sent > body.sizeBytes) break;
      if (!request.write(next.value)) await drained(request, answer, signal, stallMs);
    }
  } catch (error) {
    throw toScannerFault(error, 'unreadable', 'the message cannot be read');
  } finally {
    void chunks.return?.()?.catch(() => undefined);
  }
  if (sent !== body.sizeBytes) throw new ScannerFault('unreadable', `the message has ${body.sizeBytes} octets, ${sent} could be read`);
  return true;
}

async function drained(request: ClientRequest, answer: Promise<unknown>, signal: Cancellation, stallMs: number): Promise<void> {
  using patience = createPatience(signal, stallMs, 'takes nothing: no octet was accepted');
  const { promise, resolve } = Promise.withResolvers<unknown>();
  request.once('drain', resolve);
  try {
    await orAborted(Promise.race([promise, answer]), patience.signal);
  } finally {
    request.off('drain', resolve);
  }
}

async function readBody(response: IncomingMessage, signal: Cancellation): Promise<Buffer> {
  const { statusCode = 0, statusMessage = '' } = response;
  if (statusCode !== 200) {
    const kind = statusCode === 413 ? 'too-large' : 'refused';
    throw faultQuoting(kind, `answers ${statusCode}`, statusMessage);
  }
  return await orAborted(gather(response), signal);
}

async function gather(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > RSPAMD_ANSWER_MAX) throw new ScannerFault('malformed', `an answer of more than ${RSPAMD_ANSWER_MAX} octets`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw toScannerFault(error, 'cut', 'closed in the middle of its answer');
  }
  return Buffer.concat(chunks);
}
