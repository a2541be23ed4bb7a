/**
 * Resolves when the event loop has looked at every socket once: what the kernel held when this was called (a client's end, a pipelined command) has
 * been seen by then. Two turns, since the first may end before the loop comes to its sockets.
 */
export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
