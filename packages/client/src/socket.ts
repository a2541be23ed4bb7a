import { type NetConnectOpts, Socket } from 'node:net';

/** How long a failed write waits for what the server had said before, in milliseconds. It is in the kernel already. */
const READ_MS = 1_000;

/**
 * A connection on which a failed write is told only after everything that came in was read.
 *
 * A server that refuses in the middle of a message says why, closes, and resets the connection since octets of ours are unread. When our next write meets the
 * reset before the event loop has read the reply, Node destroys the socket and the reply is lost: only "EPIPE" is left of "552 too large".
 */
class ReadingSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    super._write(chunk, encoding, (error) => this.#told(error, callback));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: (error?: Error | null) => void): void {
    super._writev?.(chunks, (error) => this.#told(error, callback));
  }

  /** Hands a result of a write on; an error after the end of what comes in. */
  #told(error: Error | null | undefined, callback: (error?: Error | null) => void): void {
    if (!error || this.readableEnded || this.destroyed) {
      callback(error);
      return;
    }
    const tell = (): void => {
      clearTimeout(timer);
      this.off('end', tell).off('close', tell);
      callback(error);
    };
    const timer = setTimeout(tell, READ_MS).unref();
    this.once('end', tell).once('close', tell);
  }
}

/** Begins to connect. A write that fails is reported after what the server had said was read. */
export function openSocket(options: NetConnectOpts): Socket {
  return new ReadingSocket().connect(options);
}
