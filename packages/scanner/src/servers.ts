import { SERVER_DEMOTION_MS, SERVERS_MAX } from './limits.ts';
import { ScannerFault, type ScannerFaultKind, toScannerFault } from './scanner-fault.ts';

/** Several servers that do the same work. */
export interface Servers<S> {
  /**
   * Asks one after the other until one answers: the least busy first, those that failed lately last. Rejects with
   * `ScannerFault` when none did, or at once when it was not the server's fault.
   */
  ask<T>(question: (server: S) => Promise<T>): Promise<T>;
}

interface Standing<S> {
  readonly server: S;
  readonly name: string;
  running: number;
  failedAtMs: number | undefined;
}

/** Another server could not do better: the trouble is on our side. */
const OURS: ReadonlySet<ScannerFaultKind> = new Set(['aborted', 'closed', 'busy', 'unreadable']);
/** What a server says about one message tells nothing about the next. */
const ONE_MESSAGE: ReadonlySet<ScannerFaultKind> = new Set(['refused', 'too-large', 'too-long']);

/** Makes a list of servers. `now` is in milliseconds and never goes back. */
export function createServers<S>(
  servers: readonly S[],
  {
    nameOf,
    now,
    demotionMs = SERVER_DEMOTION_MS,
  }: { readonly nameOf: (server: S) => string; readonly now: () => number; readonly demotionMs?: number },
): Servers<S> {
  if (servers.length > SERVERS_MAX) throw new RangeError(`at most ${SERVERS_MAX} servers, not ${servers.length}`);
  const standings = servers.map((server): Standing<S> => ({ server, name: nameOf(server), running: 0, failedAtMs: undefined }));

  // A server whose time is over is tried by one message; the others go on avoiding it until that one comes back.
  const isTrusted = ({ failedAtMs, running }: Standing<S>): boolean =>
    failedAtMs === undefined || (running === 0 && now() - failedAtMs >= demotionMs);
  const inOrder = (): readonly Standing<S>[] => [
    ...standings.filter(isTrusted).toSorted((one, other) => one.running - other.running),
    ...standings.filter((one) => !isTrusted(one)).toSorted((one, other) => (one.failedAtMs ?? 0) - (other.failedAtMs ?? 0)),
  ];

  async function askOne<T>(standing: Standing<S>, question: (server: S) => Promise<T>): Promise<T> {
    standing.running += 1;
    try {
      const answer = await question(standing.server);
      standing.failedAtMs = undefined;
      return answer;
    } catch (error) {
      const fault = toScannerFault(error, 'malformed', 'scanner');
      if (!OURS.has(fault.kind) && !ONE_MESSAGE.has(fault.kind)) standing.failedAtMs = now();
      throw faultOf(standing.name, fault);
    } finally {
      standing.running -= 1;
    }
  }

  return {
    async ask(question) {
      const faults: ScannerFault[] = [];
      for (const standing of inOrder()) {
        try {
          return await askOne(standing, question);
        } catch (error) {
          const fault = toScannerFault(error, 'malformed', standing.name);
          if (OURS.has(fault.kind)) throw fault;
          faults.push(fault);
        }
      }
      const text = faults.map((fault) => fault.message).join('; ');
      // A message is to blame only where every server says so.
      const [fault = faults[0]] = faults.filter(({ kind }) => kind !== 'too-long');
      throw new ScannerFault(fault?.kind ?? 'unreachable', text === '' ? 'no server is configured' : text);
    },
  };
}

/** The same fault, with the server's name in front of its text. */
function faultOf(server: string, fault: ScannerFault): ScannerFault {
  return new ScannerFault(fault.kind, `${server}: ${fault.message}`, { cause: fault });
}
