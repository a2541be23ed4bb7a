/**
 * Says whether work is still wanted. It is the part of the platform's `AbortSignal` that we use, so an `AbortSignal` is one too. Our own, made by
 * {@link createCanceller}, costs a small object and a list of listeners; an `AbortSignal` costs an event target, an event and, without a reason, a
 * `DOMException`. Code that hands a signal to Node or to a library converts with {@link abortSignalOf}.
 */
export interface Cancellation {
  /** True once the work is no longer wanted. */
  readonly aborted: boolean;
  /** Why it is no longer wanted; undefined before. */
  readonly reason: unknown;
  /**
   * Registers a listener, once however often it is added. Not called when it is aborted already: {@link onAbort} handles that. An abort happens
   * once, so `once` changes nothing.
   */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A cancellation, and the method that aborts it. */
export interface Canceller extends Disposable {
  readonly signal: Cancellation;
  /** Cancels; the first reason holds. Listeners are called at once, in the order in which they were added. */
  abort(reason?: unknown): void;
  /** Stops following other cancellations, so that a long-lived one does not keep this one. It can still be aborted. */
  [Symbol.dispose](): void;
}

/** Creates one that is also aborted, with the same reason, as soon as one of `followed` is. Dispose it when it follows any. */
export function createCanceller(...followed: readonly (Cancellation | undefined)[]): Canceller {
  return new OwnCanceller(followed);
}

/** Why work ended when nobody gave a reason. One object for all: an error for each would cost its stack. */
const NO_REASON: Error = Object.freeze(Object.assign(new Error('the work was cancelled'), { name: 'AbortError' }));

/** Canceller and cancellation in one object; callers see the interface that they were given. */
class OwnCanceller implements Canceller, Cancellation {
  aborted = false;
  reason: unknown = undefined;
  // Created with the first listener, emptied by `abort`.
  #listeners: Set<() => void> | undefined = undefined;
  #stops: (() => void)[] | undefined = undefined;
  #platform: AbortController | undefined = undefined;

  constructor(followed: readonly (Cancellation | undefined)[]) {
    for (const one of followed) {
      if (one === undefined) continue;
      if (this.aborted) break;
      this.#stops ??= [];
      this.#stops.push(onAbort(one, () => this.abort(one.reason)));
    }
    // One of them was aborted already: the others need no listener.
    if (this.aborted) this[Symbol.dispose]();
  }

  get signal(): Cancellation {
    return this;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return;
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  abort(reason: unknown = NO_REASON): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this[Symbol.dispose]();
    // A listener that another one removes meanwhile is not called: iterating a Set leaves out deleted items.
    if (this.#listeners !== undefined) for (const listener of this.#listeners) callListener(listener);
    this.#listeners = undefined;
    this.#platform?.abort(reason);
  }

  [Symbol.dispose](): void {
    const stops = this.#stops;
    this.#stops = undefined;
    if (stops !== undefined) for (const stop of stops) stop();
  }

  /** The same cancellation for Node and libraries; created when it is first asked for. */
  get platform(): AbortSignal {
    this.#platform ??= new AbortController();
    if (this.aborted) this.#platform.abort(this.reason);
    return this.#platform.signal;
  }
}

/** A listener that throws is a bug: it ends as an uncaught exception, as with the platform's events, and the other listeners are called. */
function callListener(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** The cancellation as an `AbortSignal`, for calls into Node and libraries. The same one each time. */
export function abortSignalOf(cancellation: Cancellation): AbortSignal {
  if (cancellation instanceof AbortSignal) return cancellation;
  if (cancellation instanceof OwnCanceller) return cancellation.platform;
  // Another implementation of the interface, as in tests.
  const platform = new AbortController();
  onAbort(cancellation, () => platform.abort(cancellation.reason));
  return platform.signal;
}

/** Calls `listener` once when `cancellation` is aborted: now, if it is already. Returns a function that removes the listener. */
export function onAbort(cancellation: Cancellation, listener: () => void): () => void {
  if (cancellation.aborted) {
    listener();
    return nothing;
  }
  // A new function for each call: a listener that two callers share would otherwise be added only once.
  const call = () => listener();
  cancellation.addEventListener('abort', call);
  return () => cancellation.removeEventListener('abort', call);
}

function nothing(): void {
  // There is no listener to remove.
}

/** Throws the reason when the work is no longer wanted. */
export function throwIfAborted(cancellation: Cancellation | undefined): void {
  if (cancellation?.aborted) throw cancellation.reason;
}
