import { describeError } from '@vratny/text';
import { KEY_MAX, LEDGER_MAILBOXES_MAX, LIST_MAX, NODE_INFO_MAX, SPAN_MAX_MS } from './limits.ts';
import {
  type Beginning,
  type Counters,
  type Greylist,
  type Heartbeats,
  type Lease,
  type Ledger,
  type NodeInfo,
  type State,
  StateFault,
} from './port.ts';
import type { Answer, Pattern, Store, Taken } from './store.ts';

/** Runs work on a store and reads its answer; whatever goes wrong in either is a StateFault that names the store. Never throws. */
type Ask = <T, Result>(work: () => Answer<T>, read: (answer: T) => Result) => Promise<Result>;

/** Makes a State of a store: checks what comes in, does the arithmetic of times, and turns every error into a fault that says `where`. */
export function createState(store: Store, where: string): State {
  let closed = false;
  const faultOf = (error: unknown) => new StateFault(`state ${where}: ${describeError(error)}`, { cause: error });
  // One promise for an operation, besides that of the store: state is asked three times for each message.
  const ask: Ask = (work, read) => {
    const fail = (error: unknown): never => {
      throw faultOf(error);
    };
    try {
      if (closed) throw new StateFault('it is closed');
      const answer = work();
      if (!(answer instanceof Promise)) return Promise.resolve(read(answer));
      return answer.then((found) => {
        try {
          return read(found);
        } catch (error) {
          return fail(error);
        }
      }, fail);
    } catch (error) {
      return Promise.reject(faultOf(error));
    }
  };
  return {
    greylist: createGreylist(store, ask),
    counters: createCounters(store, ask),
    ledger: createLedger(store, ask),
    lease: createLease(store, ask),
    heartbeats: createHeartbeats(store, ask),
    close: async () => {
      if (closed) return;
      closed = true;
      await store.close();
    },
  };
}

const asItIs = <T>(answer: T): T => answer;

function createGreylist(store: Store, ask: Ask): Greylist {
  return {
    firstSeen(key, now, { delayMs, windowMs }) {
      const contact = () => {
        const opensAt = checkNow(now) + checkSpan(delayMs);
        return store.contact(checkKey(key), checkNow(now), { opensAt, endsAt: opensAt + checkSpan(windowMs) });
      };
      return ask(contact, (entry) => {
        const retryAfterMs = Math.max(0, entry.opensAt - now.getTime());
        if (entry.first) return { kind: 'first', retryAfterMs };
        return { kind: retryAfterMs > 0 ? 'early' : 'passed', retryAfterMs };
      });
    },
    extend: (key, now, { windowMs }) => ask(() => store.extend(checkKey(key), checkNow(now), checkNow(now) + checkSpan(windowMs)), asItIs),
    list: (pattern, limit, now) =>
      ask(
        () => store.list(compilePattern(checkKey(pattern)), Math.max(0, Math.min(limit, LIST_MAX)), checkNow(now)),
        (found) =>
          found
            .map(({ key, opensAt, endsAt }) => ({ key, opensAt: new Date(opensAt), endsAt: new Date(endsAt) }))
            .sort((one, other) => compareText(one.key, other.key)),
      ),
    forget: (pattern, now) => ask(() => store.forget(compilePattern(checkKey(pattern)), checkNow(now)), asItIs),
  };
}

function createCounters(store: Store, ask: Ask): Counters {
  return {
    hit: (name, now, windowMs) => ask(() => store.hit(checkKey(name), checkNow(now), checkNow(now) + checkSpan(windowMs)), asItIs),
    count: (name, now) => ask(() => store.count(checkKey(name), checkNow(now)), asItIs),
  };
}

function createLedger(store: Store, ask: Ask): Ledger {
  return {
    read: (key, now) =>
      ask(
        () => store.readLedger(checkKey(key), checkNow(now)),
        (mailboxes) => [...mailboxes].sort(compareText),
      ),
    add: (key, mailboxes, now, ttlMs) =>
      ask(() => store.record(checkKey(key), checkMailboxes(mailboxes), spanFrom(now, ttlMs)), checkAdded),
    drop: (key, mailboxes) => ask(() => store.drop(checkKey(key), checkMailboxes(mailboxes)), asItIs),
  };
}

function createLease(store: Store, ask: Ask): Lease {
  return {
    begin: (key, owner, now, ttlMs) =>
      ask(() => {
        const { now: at, endsAt } = spanFrom(now, ttlMs);
        return store.take(checkKey(key), checkKey(owner), at, endsAt);
      }, readTaken),
    release: (key, owner) => ask(() => store.release(checkKey(key), checkKey(owner)), asItIs),
    finish: (key, owner, mailboxes, now, ttlMs, inDoubt = false) =>
      ask(
        () => store.record(checkKey(key), checkMailboxes(mailboxes), spanFrom(now, ttlMs), { owner: checkKey(owner), inDoubt }),
        checkAdded,
      ),
  };
}

function readTaken(taken: Taken | undefined): Beginning {
  if (taken === undefined) return { kind: 'busy' };
  const begun = { kind: 'begun', mailboxes: [...taken.mailboxes].sort(compareText) } as const;
  return taken.since === undefined ? { ...begun, unfinished: false } : { ...begun, unfinished: true, since: taken.since };
}

/** @throws StateFault */
function checkAdded(added: boolean): void {
  if (!added) throw new StateFault(TOO_MANY_MAILBOXES);
}

function createHeartbeats(store: Store, ask: Ask): Heartbeats {
  return {
    beat: (node, info, now) => ask(() => store.beat(checkKey(node), encodeInfo(info), checkNow(now)), asItIs),
    nodes: (now) =>
      ask(
        () => store.nodes(checkNow(now)),
        (beats) =>
          beats
            .map(({ node, info, seenAt }) => ({ node, info: decodeInfo(info), seenAt: new Date(seenAt) }))
            .sort((one, other) => compareText(one.node, other.node)),
      ),
  };
}

function spanFrom(now: Date, ttlMs: number): { readonly now: number; readonly endsAt: number } {
  return { now: checkNow(now), endsAt: checkNow(now) + checkSpan(ttlMs) };
}

/** By code units: the same on every machine. */
function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** A key or name as it may be stored. @throws StateFault */
function checkKey(key: string): string {
  if (key === '') throw new StateFault('an empty key');
  if (Buffer.byteLength(key) > KEY_MAX) throw new StateFault(`a key of more than ${KEY_MAX} octets`);
  // A lone surrogate would come back from a store as another key.
  if (!key.isWellFormed()) throw new StateFault('a key that is not Unicode');
  if (key.includes('\0')) throw new StateFault('a key with NUL in it');
  return key;
}

/** A time in milliseconds since 1970. @throws StateFault */
function checkNow(now: Date): number {
  const ms = now.getTime();
  if (Number.isNaN(ms)) throw new StateFault('a time that is none');
  return ms;
}

/** A length of time. @throws StateFault */
function checkSpan(ms: number): number {
  if (!Number.isSafeInteger(ms) || ms < 0 || ms > SPAN_MAX_MS) throw new StateFault(`a span of ${ms} ms`);
  return ms;
}

/** The mailboxes of one call, each once. @throws StateFault */
function checkMailboxes(mailboxes: readonly string[]): readonly string[] {
  const once = [...new Set(mailboxes)];
  if (once.length > LEDGER_MAILBOXES_MAX) throw new StateFault(TOO_MANY_MAILBOXES);
  return once.map(checkKey);
}

/** What a ledger entry that would grow beyond its bound is refused with. */
const TOO_MANY_MAILBOXES = `a ledger entry of more than ${LEDGER_MAILBOXES_MAX} mailboxes`;

/** What a node says about itself, as JSON. @throws StateFault */
function encodeInfo(info: NodeInfo): string {
  const text = JSON.stringify(info);
  if (Buffer.byteLength(text) > NODE_INFO_MAX) throw new StateFault(`a node's words of more than ${NODE_INFO_MAX} octets`);
  return text;
}

/** Reads it back. What is no string or number in it is left out: another version of this program may have written it. */
function decodeInfo(text: string): NodeInfo {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new StateFault("a node's words are no object");
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string | number] => isPlain(entry[1])));
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** Reads a pattern in which `*` stands for any text; everything else is itself. Matching takes time linear in key and pattern. */
export function compilePattern(pattern: string): Pattern {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return { exact: pattern, matches: (key) => key === pattern };
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1);
  return {
    exact: undefined,
    matches: (key) => {
      if (!key.startsWith(first) || !key.endsWith(last)) return false;
      let at = first.length;
      // The earliest place of each piece leaves most room for the rest, so nothing is ever tried twice.
      for (const piece of middle) {
        const found = key.indexOf(piece, at);
        if (found < 0) return false;
        at = found + piece.length;
      }
      return at <= key.length - last.length;
    },
  };
}
