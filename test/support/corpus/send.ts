import { openClient } from '../smtp-client.ts';

/** A recipient on letter c of the world. */
export const RECIPIENT = 'alice@c.example.test';

/** Sends one message to a host on this machine, in a session of its own; returns its last reply. */
export async function sendMessage(port: number, message: Buffer, recipient = RECIPIENT): Promise<string> {
  const connection = await openClient(port);
  const answer = async (): Promise<string> => {
    for (;;) {
      const line = (await connection.readLine()) ?? 'the connection is closed';
      if (line[3] !== '-') return line;
    }
  };
  try {
    let reply = await answer();
    for (const command of ['EHLO client.test', 'MAIL FROM:<a@sender.test>', `RCPT TO:<${recipient}>`, 'DATA']) {
      connection.write(Buffer.from(`${command}\r\n`));
      reply = await answer();
      if (!/^[23]/u.test(reply)) return reply;
    }
    connection.write(dotStuffed(message));
    return await answer();
  } finally {
    connection.close();
  }
}

/** RFC 5321 §4.5.2, with the final dot. */
function dotStuffed(message: Buffer): Buffer {
  const text = message.toString('latin1').replace(/^\./gmu, '..');
  return Buffer.from(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
}
