/** The rspamd adapter of the antispam port: `/checkv2` over HTTP. */

import type { Content } from '@vratny/message';
import { type Cancellation, createCanceller } from '@vratny/waiting';
import {
  CONNECT_MS,
  RSPAMD_AT_ONCE,
  RSPAMD_JUDGE_MS,
  RSPAMD_JUDGE_MS_PER_MIB,
  RSPAMD_STALL_MS,
  SERVER_DEMOTION_MS,
  WAITING_MAX,
  WAITING_MS,
} from './limits.ts';
import type { Antispam, AntispamAnswer, SpamEnvelope } from './port.ts';
import { readAnswer } from './rspamd/answer.ts';
import { checkRspamd } from './rspamd/check.ts';
import { fetchAnswer } from './rspamd/post.ts';
import { requestHeaders } from './rspamd/request-headers.ts';
import { ScannerFault } from './scanner-fault.ts';
import { createServers } from './servers.ts';
import { createScanPatience, createTurns, reasonOf, type TurnLimits } from './wait.ts';

/** Bounds that tests make smaller; times in milliseconds. */
export interface RspamdLimits extends TurnLimits {
  /** One message at one server: so much, and so much more for each MiB. */
  readonly judgeMs: number;
  readonly judgeMsPerMib: number;
  /** How long a server may take none of the octets that we have for it. */
  readonly stallMs: number;
  /** How long a server that failed is asked last. */
  readonly demotionMs: number;
}

/** What the adapter needs to know. */
export interface RspamdOptions {
  /**
   * `http://HOST:PORT` or `https://...` of normal workers; all do the same work, none means that every message is a
   * fault. At most 8.
   */
  readonly servers: readonly string[];
  /** Larger messages are not scanned. */
  readonly sizeLimitBytes: number;
  /** A controller asks for one, a normal worker does not. */
  readonly password?: string;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly limits?: Partial<RspamdLimits>;
}

const LIMITS: RspamdLimits = {
  judgeMs: RSPAMD_JUDGE_MS,
  judgeMsPerMib: RSPAMD_JUDGE_MS_PER_MIB,
  stallMs: RSPAMD_STALL_MS,
  demotionMs: SERVER_DEMOTION_MS,
  atOnce: RSPAMD_AT_ONCE,
  waitingMax: WAITING_MAX,
  waitingMs: WAITING_MS,
};

/** Judges with rspamd. It holds no connection between messages. Throws when a server is no URL. */
export function createRspamdAntispam({ servers, sizeLimitBytes, password, now, limits }: RspamdOptions): Antispam {
  const bounds = { ...LIMITS, ...limits };
  const urls = servers.map((server) => new URL(server));
  const nameOf = (url: URL) => `rspamd ${url.origin}`;
  const choice = createServers(urls, { nameOf, now, demotionMs: bounds.demotionMs });
  const turns = createTurns(bounds);
  const closing = createCanceller();

  async function judgeAt(
    server: URL,
    content: Pick<Content, 'sizeBytes' | 'read'>,
    envelope: SpamEnvelope,
    signal: Cancellation,
  ): Promise<AntispamAnswer> {
    if (signal.aborted) throw reasonOf(signal);
    using patience = createScanPatience(
      signal,
      { fixedMs: bounds.judgeMs, perMibMs: bounds.judgeMsPerMib, sizeBytes: content.sizeBytes },
      'no answer',
    );
    const headers = requestHeaders(envelope, content.sizeBytes, password);
    const url = new URL('/checkv2', server);
    return readAnswer(await fetchAnswer({ url, method: 'POST', headers, body: content, stallMs: bounds.stallMs }, patience.signal));
  }

  return {
    async judge(content, envelope, signal) {
      using ending = createCanceller(signal, closing.signal);
      const ended = ending.signal;
      if (ended.aborted) throw reasonOf(ended);
      if (content.sizeBytes > sizeLimitBytes) {
        return { kind: 'not-scanned', reason: `larger than ${sizeLimitBytes} octets` };
      }
      return await turns.run(ended, () => choice.ask((server) => judgeAt(server, content, envelope, ended)));
    },
    async check() {
      if (urls.length === 0) return ['rspamd: no server is configured'];
      const found = await Promise.all(
        urls.map((url) =>
          checkRspamd(
            {
              name: nameOf(url),
              url,
              sizeLimitBytes,
              pingMs: Math.min(CONNECT_MS, bounds.judgeMs),
              judge: (probe, envelope, signal) => judgeAt(url, probe, envelope, signal),
            },
            closing.signal,
          ),
        ),
      );
      return found.flat();
    },
    async close() {
      closing.abort(new ScannerFault('closed', 'the scanner was closed'));
    },
  };
}
