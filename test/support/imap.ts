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
  let input = '';
  let look: () => void = () => undefined;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    look();
  };
  socket.setEncoding('latin1').setTimeout(SILENCE_MS, () => fail(new Error('IMAP: silence')));
  socket.on('data', (text: string) => {
    input += text;
    look();
  });
  socket.on('error', fail).on('close', () => fail(new Error('IMAP: closed')));

  /** Everything up to the line that begins with `prefix`, and that line. */
  function until(prefix: string): Promise<string> {
    return new Promise((resolve, reject) => {
      look = () => {
        const at = input.startsWith(prefix) ? 0 : input.indexOf(`\r\n${prefix}`);
        const end = at === -1 ? -1 : input.indexOf('\r\n', at + 2);
        if (end !== -1) {
          const answer = input.slice(0, end);
          input = input.slice(end + 2);
          resolve(answer);
        } else if (failure !== undefined) reject(failure);
      };
      look();
    });
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
