import type { DnsFault } from '../port.ts';
import type { Query } from './query.ts';
import type { Response } from './response.ts';
import type { DnsServer } from './server-address.ts';

/** How one exchange with one server ended. */
export type Exchange =
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'fault'; readonly fault: DnsFault; readonly detail: string };

/** One question to one server. */
export interface ExchangeRequest {
  readonly server: DnsServer;
  readonly query: Query;
  /** This exchange's share of the deadline. */
  readonly timeoutMs: number;
  /** The end of the whole look-up. */
  readonly signal: AbortSignal;
}

/**
 * Runs an exchange to its end: an answer, the deadline or the signal. `start` opens the socket, calls `finish` with what came, and
 * returns how to close; the closing happens exactly once, before anybody learns the end.
 */
export function runExchange(
  { timeoutMs, signal }: ExchangeRequest,
  start: (finish: (exchange: Exchange) => void) => () => void,
): Promise<Exchange> {
  if (signal.aborted) return Promise.resolve(noAnswer());
  return new Promise((resolve) => {
    let ended = false;
    let close: (() => void) | undefined;
    const finish = (exchange: Exchange): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onEnd);
      close?.();
      resolve(exchange);
    };
    const onEnd = (): void => finish(noAnswer());
    const timer = setTimeout(onEnd, timeoutMs);
    signal.addEventListener('abort', onEnd, { once: true });
    close = start(finish);
    if (ended) close();
  });
}

function noAnswer(): Exchange {
  return { kind: 'fault', fault: 'timeout', detail: 'no answer' };
}

/** What an error of a socket is: the server cannot be reached. Only the code is told, messages may be long. */
export function unreachable(error: Error & { readonly code?: string }): Exchange {
  return { kind: 'fault', fault: 'unreachable', detail: error.code ?? error.message };
}
