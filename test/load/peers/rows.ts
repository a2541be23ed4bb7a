import { harakaForward, harakaQueue } from './haraka.ts';
import { opensmtpd } from './opensmtpd.ts';
import { postfixMaildir, postfixProxy, postfixQueue } from './postfix.ts';
import type { Peer } from './server.ts';
import { vratny } from './vratny.ts';
import type { Work } from './work.ts';

/** A rung of the ladder: the same work for some servers. */
export interface Row {
  readonly id: string;
  /** What is sent, for the report. */
  readonly title: string;
  readonly work: Work;
  readonly peers: readonly Peer[];
  /** Part of the short run. */
  readonly quick: boolean;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const BASE: Work = { sessions: 50, sizeBytes: 4 * KIB, connections: 'kept', ends: 'delivered', tls: false, senders: 1 };
const ONE_EACH = { connections: 'one each' } as const;
/** Domains of senders where caches shall not flatter anybody. */
const MANY_SENDERS = 10_000;

/** What a run needs to know of this machine. */
export interface LadderOptions {
  /** `tcp://HOST:PORT` of a real clamd; the policies that scan are left out without one. */
  readonly clamd: string | undefined;
  /** `tcp://HOST:PORT` of a clamd that finds nothing at once: what the policies cost without the scanner. */
  readonly noScan: string;
}

/** All rungs, easiest work first. */
export function makeLadder({ clamd, noScan }: LadderOptions): readonly Row[] {
  const main = [postfixQueue(), harakaForward()];
  const all = [...main, postfixProxy(), harakaQueue(), opensmtpd()];
  const ours = vratny({ letter: 'a' });
  const deliver = (id: string, title: string, work: Partial<Work>, peers: readonly Peer[] = [ours, ...main]): Row => ({
    ...{ id, title, peers, quick: false },
    work: { ...BASE, ...work },
  });
  const scans = clamd === undefined ? [] : (['b', 'c', 'd'] as const).map((letter) => vratny({ letter, clamd }));
  const quick = (row: Row): Row => ({ ...row, quick: true });
  return [
    quick(
      deliver('refused', 'refused at RCPT, a connection each', { ...ONE_EACH, ends: 'refused' }, [
        vratny({ letter: 'd', clamd: noScan }),
        ...main,
      ]),
    ),
    quick(deliver('a', '4 KiB, many messages a connection', {})),
    quick(deliver('a-one', '4 KiB, a connection each', ONE_EACH)),
    deliver('all', '4 KiB, many messages a connection, all peers', {}, [ours, ...all]),
    deliver('d-no-scan', '4 KiB, policy d with a scanner that answers at once', {}, [vratny({ letter: 'd', clamd: noScan }), ...main]),
    ...(scans.length === 0 ? [] : [deliver('scan', '4 KiB, policies with ClamAV', {}, [...scans, ...main])]),
    deliver('tls', '4 KiB over TLS, many messages a connection', { tls: true }),
    deliver('tls-one', '4 KiB over TLS, a connection each', { ...ONE_EACH, tls: true }),
    deliver('senders', `4 KiB from ${MANY_SENDERS} sender domains`, { senders: MANY_SENDERS }),
    deliver('maildir', '4 KiB into a Maildir, with fsync', {}, [vratny({ letter: 'a', delivery: 'maildir:./mail' }), postfixMaildir()]),
    deliver('75k', '75 KiB', { sizeBytes: 75 * KIB }),
    deliver('10m', '10 MiB, 10 sessions', { sizeBytes: 10 * MIB, sessions: 10 }),
    deliver('100m', '95 MiB, 2 sessions', { sizeBytes: 95 * MIB, sessions: 2 }),
  ];
}
