import type { Connection } from '../dialogues/transport.ts';

/** Says something and gives the last line of the reply. */
export function ask(connection: Connection, text: string): Promise<string> {
  connection.write(Buffer.from(`${text}\r\n`));
  return readReply(connection);
}

/** The last line of the next reply. */
export async function readReply(connection: Connection): Promise<string> {
  while (true) {
    const line = await connection.readLine();
    if (line === undefined) throw new Error('the server has closed the connection');
    if (line[3] !== '-') return line;
  }
}
