import { ConversationFault } from './fault.ts';
import { REPLY_LINE_BYTES, REPLY_LINES_MAX } from './limits.ts';
import type { ServerReply } from './reply.ts';

/** Puts replies together out of whatever pieces they come in. Holds at most one reply. */
export interface ReplyReader {
  /** The replies that end in these octets. @throws ConversationFault (`garbled`) on what is no reply; nothing may be read after that. */
  read(octets: Buffer): readonly ServerReply[];
  /** True when part of a reply was read. */
  readonly partial: boolean;
}

const LF = 0x0a;
const NOTHING = Buffer.alloc(0);
const LINE = /^([2-5][0-9]{2})(?:([ -])(.*))?$/su;

/** RFC 5321 §4.2.1: `250-text` goes on, `250 text` ends; every line with the same code. Text is read as UTF-8. */
export function createReplyReader(): ReplyReader {
  let rest: Buffer = NOTHING;
  let lines: string[] = [];

  function takeLine(octets: Buffer): ServerReply | undefined {
    if (octets.length > REPLY_LINE_BYTES) throw tooLong();
    const line = octets.toString('utf8').replace(/\r$/u, '');
    const [, code, sign] = LINE.exec(line) ?? [];
    if (code === undefined) throw new ConversationFault('garbled', `not a reply: ${JSON.stringify(line.slice(0, 80))}`);
    if (lines[0] !== undefined && !lines[0].startsWith(code)) {
      throw new ConversationFault('garbled', `a reply of two codes: ${lines[0].slice(0, 3)} and ${code}`);
    }
    lines.push(line);
    if (lines.length > REPLY_LINES_MAX) throw new ConversationFault('garbled', `a reply of more than ${REPLY_LINES_MAX} lines`);
    if (sign === '-') return undefined;
    const text = lines.join('\n');
    lines = [];
    return { code: Number(code), text };
  }
  return {
    get partial() {
      return rest.length > 0 || lines.length > 0;
    },
    read(octets) {
      const replies: ServerReply[] = [];
      const all = rest.length === 0 ? octets : Buffer.concat([rest, octets]);
      let start = 0;
      for (let end = all.indexOf(LF); end !== -1; end = all.indexOf(LF, start)) {
        const reply = takeLine(all.subarray(start, end));
        if (reply !== undefined) replies.push(reply);
        start = end + 1;
      }
      // A copy: the rest of a large piece would hold all of it.
      rest = start === all.length ? NOTHING : Buffer.from(all.subarray(start));
      if (rest.length > REPLY_LINE_BYTES) throw tooLong();
      return replies;
    },
  };
}

function tooLong(): ConversationFault {
  return new ConversationFault('garbled', `a reply line of more than ${REPLY_LINE_BYTES} octets`);
}
