const CRLF = Buffer.from('\r\n');
const END = Buffer.from('\r\n.\r\n');
/** A command that is longer is no command. */
const COMMAND_MAX = 64 * 1024;
/** More than any message of the tests. */
const MESSAGE_MAX = 128 * 1024 * 1024;

/** What is done with the octets of a client of LMTP. */
export interface LmtpListener {
  /** One command, as latin1, without CRLF; true when a message follows. */
  readonly command: (command: string) => boolean;
  /** A message that came whole, its dots no longer doubled. */
  readonly message: (bytes: Buffer) => void;
  /** Asked with the number of octets that came of a message so far; true: no more is read. */
  readonly cut: (octets: number) => boolean;
}

/** Splits what a client says into commands and messages, in time that is linear in it. */
export function createLmtpReader(listener: LmtpListener): { readonly read: (octets: Buffer) => boolean } {
  /** In a message: all that came of it, with the CRLF of DATA before it, so that an empty one ends like any other. */
  let pieces: Buffer[] | undefined;
  let came = 0;
  let rest: Buffer = Buffer.alloc(0);

  /** Returns what follows the message; undefined when its end has not come. */
  function readMessage(octets: Buffer, message: Buffer[]): Buffer | undefined {
    // The end can be cut anywhere: the last octets of what came before are looked at again.
    const before = Buffer.concat(message.slice(-END.length)).subarray(-(END.length - 1));
    const end = Buffer.concat([before, octets]).indexOf(END);
    message.push(octets);
    if (end === -1) return undefined;
    const whole = Buffer.concat(message);
    const at = whole.length - octets.length - before.length + end;
    pieces = undefined;
    listener.message(unstuff(whole.subarray(CRLF.length, at + CRLF.length)));
    return whole.subarray(at + END.length);
  }
  /** Returns what follows the command; undefined when its end has not come. */
  function readCommand(octets: Buffer): Buffer | undefined {
    const end = octets.indexOf(CRLF);
    if (end === -1) return undefined;
    if (listener.command(octets.toString('latin1', 0, end))) {
      pieces = [CRLF];
      came = CRLF.length;
    }
    return octets.subarray(end + CRLF.length);
  }
  return {
    /** False: the client said too much, or the listener wants no more. */
    read(octets) {
      let unread: Buffer | undefined = rest.length === 0 ? octets : Buffer.concat([rest, octets]);
      rest = Buffer.alloc(0);
      while (unread !== undefined && unread.length > 0) {
        const inMessage = pieces;
        if (inMessage === undefined) {
          const before: Buffer = unread;
          unread = readCommand(before);
          if (unread === undefined) rest = before;
        } else {
          came += unread.length;
          if (came > MESSAGE_MAX || listener.cut(came)) return false;
          unread = readMessage(unread, inMessage);
        }
      }
      return rest.length <= COMMAND_MAX;
    },
  };
}

/** Takes the second dot away from lines that begin with two (RFC 5321 §4.5.2). */
function unstuff(bytes: Buffer): Buffer {
  return Buffer.from(`\r\n${bytes.toString('latin1')}`.replaceAll('\r\n..', '\r\n.').slice(CRLF.length), 'latin1');
}
