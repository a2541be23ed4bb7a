import { connect, type Socket } from 'node:net';

/** Where a mailbox is read. */
export interface ImapLogin {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A server that says nothing for so long is stuck. */
const SILENCE_MS = 20_000;
/** Longer than the last line of an answer. */
const TAIL_CHARS = 4_096;
const LITERAL = /\{(\d+)\}\r\n/u;

/** Everything in INBOX, in the order of arrival, as octets in latin1; nothing is marked as read. Rejects when a command does not succeed. */
export async function fetchInbox({ port, user, password }: ImapLogin): Promise<readonly string[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  const talk = converse(socket);
  try {
    await talk.until('* OK');
    await talk.command('a', `LOGIN "${user}" "${password}"`);
    const selected = await talk.command('b', 'EXAMINE INBOX');
    // FETCH of an empty range is an error.
    if (/^\* 0 EXISTS/mu.test(selected)) return [];
    return readLiterals(await talk.command('c', 'FETCH 1:* BODY.PEEK[]'));
  } finally {
    socket.destroy();
  }
}

/** Each message stands in a literal, `{octets}CRLF` and so many octets (RFC 3501 §4.3). */
function readLiterals(answer: string): readonly string[] {
  const messages: string[] = [];
  let rest = answer;
  for (let found = LITERAL.exec(rest); found !== null; found = LITERAL.exec(rest)) {
    const start = found.index + found[0].length;
    const end = start + Number(found[1]);
    messages.push(rest.slice(start, end));
    rest = rest.slice(end);
  }
  return messages;
}

function converse(socket: Socket) {
  /** What has come and was not given to anybody; so many of the pieces are in `tail`, which holds the end of it. */
  let pieces: string[] = [];
  let joined = 0;
  let tail = '';
  let look: () => void = () => undefined;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    look();
  };
  socket.setEncoding('latin1').setTimeout(SILENCE_MS, () => fail(new Error('IMAP: silence')));
  socket.on('data', (text: string) => {
    pieces.push(text);
    look();
  });
  socket.on('error', fail).on('close', () => fail(new Error('IMAP: closed')));

  /** Everything up to the line that begins with `prefix`, and that line. */
  function until(prefix: string): Promise<string> {
    return new Promise((resolve, reject) => {
      look = () => {
        const answer = takeUntil(prefix);
        if (answer !== undefined) resolve(answer);
        else if (failure !== undefined) reject(failure);
      };
      look();
    });
  }
  function takeUntil(prefix: string): string | undefined {
    // The answer ends with this line. Looking at the end of all that has come is cheap; to join and search it at each piece took half a minute for 5 MB.
    tail = (tail + pieces.slice(joined).join('')).slice(-TAIL_CHARS);
    joined = pieces.length;
    if (!tail.endsWith('\r\n')) return undefined;
    const line = tail.slice(`\r\n${tail}`.lastIndexOf('\r\n', tail.length - 1));
    if (!line.startsWith(prefix)) return undefined;
    const answer = pieces.join('').slice(0, -2);
    pieces = [];
    joined = 0;
    tail = '';
    return answer;
  }
  return {
    until,
    async command(tag: string, text: string): Promise<string> {
      // A tag that no message holds at the beginning of a line.
      const unique = `${tag}${Math.random().toString(36).slice(2)}`;
      socket.write(`${unique} ${text}\r\n`);
      const answer = await until(`${unique} `);
      const last = answer.slice(answer.lastIndexOf(`${unique} `));
      if (!last.startsWith(`${unique} OK`)) throw new Error(`IMAP: ${text.split(' ')[0]}: ${last}`);
      return answer;
    },
  };
}
