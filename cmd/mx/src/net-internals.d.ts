import 'node:net';

declare module 'node:net' {
  /**
   * What `node:cluster` makes sockets with: bound, and no more. A `Server` would accept in this process, and closing it would close the socket.
   * A negative number is the system's error.
   */
  function _createServerHandle(address: string, port: number, addressType: 4 | 6, fd: undefined, flags: number): BoundHandle | number;
  /** The same of a socket that this process was started with. @throws when the descriptor is none of a socket or pipe */
  function _createServerHandle(address: null, port: null, addressType: null, fd: number): BoundHandle | number;

  interface BoundHandle {
    readonly fd: number;
    /** 0, or the system's error; also that of the binding, which is told late. */
    getsockname(out: { address?: string; port?: number }): number;
    close(): void;
  }
}
