import { type ClientReply, openClient } from '../ledger/client.ts';
import { type TestMessage, toWire } from '../ledger/message.ts';

/** Sends a message as a client that knows PRDR (draft-hall-prdr): the 353, one reply for each recipient, and the last one. */
export async function sendWithPrdr(port: number, message: TestMessage): Promise<readonly ClientReply[]> {
  const client = await openClient(port);
  try {
    const greeting = await client.readReply();
    const commands = [
      'EHLO client.test',
      `MAIL FROM:<${message.sender}> PRDR`,
      ...message.recipients.map((one) => `RCPT TO:<${one}>`),
      'DATA',
    ];
    let last = greeting;
    for (const command of commands) {
      last = await client.say(command);
      if (last.code !== 250 && last.code !== 354) throw new Error(`${command}: ${last.text}`);
    }
    client.write(toWire(message));
    const replies = [await client.readReply()];
    // Without 353 there is one reply for all.
    if (replies[0]?.code !== 353) return replies;
    for (let at = 0; at <= message.recipients.length; at += 1) replies.push(await client.readReply());
    return replies;
  } finally {
    client.close();
  }
}
