import { randomBytes } from 'node:crypto';
import { type Attacker, connectAttacker } from '@vratny/support/attacker';
import { whileStopped } from '@vratny/support/process-state';

/** An attack on one connection, and what the server must say to it. */
export interface Attack {
  readonly name: string;
  /** The last reply that the attacker gets. */
  readonly reply: RegExp;
  /** Whether the server then ends the connection. */
  readonly afterwards: 'closed' | 'open';
  /** True when all is sent before the server can have greeted. */
  readonly early?: true;
  /** Done when all is sent, or nothing more is taken. */
  readonly run: (attacker: Attacker) => Promise<void>;
}

const MIB = 1024 * 1024;
const RCPT = 'RCPT TO:<alice@a.example.test>\r\n';

/** Greeted, and maybe some commands said: each reply is awaited. */
async function say(attacker: Attacker, ...commands: readonly string[]): Promise<void> {
  await attacker.reply();
  for (const command of commands) {
    await attacker.write(`${command}\r\n`);
    await attacker.reply();
  }
}

const upToData = ['EHLO client.test', 'MAIL FROM:<a@sender.test>', 'RCPT TO:<alice@a.example.test>', 'DATA'];
const upToChunk = upToData.slice(0, 3);

/** Writes the same octets again and again, until `times` or nobody takes them. */
async function flood(attacker: Attacker, octets: Buffer | string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) if (!(await attacker.write(octets))) return;
}

/** Sends before the greeting came. */
const early = (octets: Buffer | string): Pick<Attack, 'reply' | 'afterwards' | 'early' | 'run'> => ({
  reply: EARLY,
  afterwards: 'closed',
  early: true,
  run: async (attacker) => void (await attacker.write(octets)),
});

/** Sends after the greeting. */
const late = (octets: Buffer | string) => async (attacker: Attacker) => {
  await say(attacker);
  await attacker.write(octets);
};

/** A whole ClientHello of TLS 1.2, as openssl s_client writes it. */
const CLIENT_HELLO = Buffer.from(
  `160301007c0100007803036b${'5a'.repeat(31)}000018c02cc030c02bc02fc024c028c023c027009f009e006b0067010000370000000e000c0000096d782e6578616d706c65000b00020100000a00080006001d00170018000d000a0008040308040401050100170000`,
  'hex',
);
const HTTP = 'GET / HTTP/1.1\r\nHost: mx1a10.example.test\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n';
const HTTP_POST = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\nEHLO x\r\nMAIL FROM:<a@sender.test>\r\n${RCPT}DATA\r\nSubject: by HTTP\r\n\r\nx\r\n.\r\n`;

const EARLY = /^554 5\.5\.1 you spoke before you were greeted/u;
const NO_SMTP = /^554 5\.5\.1 this server speaks SMTP/u;

/** Each attack with the reply that it gets. Sizes are octets. */
export const ATTACKS: readonly Attack[] = [
  {
    name: 'a line of 50 MB',
    reply: /^500 5\.5\.2 the command line is too long/u,
    afterwards: 'open',
    run: async (attacker) => {
      await say(attacker, 'EHLO client.test');
      await flood(attacker, Buffer.alloc(MIB, 'x'), 50);
      await attacker.write('\r\n');
      await attacker.reply();
    },
  },
  {
    name: 'a line of 50 MB without an end',
    reply: /^220 /u,
    afterwards: 'open',
    run: async (attacker) => {
      await say(attacker);
      await flood(attacker, Buffer.alloc(MIB, 'x'), 50);
    },
  },
  {
    name: 'a million NOOPs whose answers are not read',
    reply: /^421 4\.7\.0 too many commands without mail/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker);
      attacker.pause();
      await flood(attacker, 'NOOP\r\n'.repeat(10_000), 100);
      attacker.resume();
    },
  },
  {
    name: 'a million EHLOs whose answers are not read',
    reply: /^421 4\.7\.0 too many commands without mail/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker);
      attacker.pause();
      await flood(attacker, 'EHLO client.test\r\n'.repeat(10_000), 100);
      attacker.resume();
    },
  },
  {
    name: '100,000 unknown recipients',
    reply: /^421 4\.7\.0 too many/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToData.slice(0, 2));
      await flood(attacker, 'RCPT TO:<nobody@a.example.test>\r\n'.repeat(1_000), 100);
    },
  },
  {
    name: '100,000 recipients of other domains',
    reply: /^421 4\.7\.0 too many/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToData.slice(0, 2));
      for (let i = 0; i < 100; i += 1) {
        const lines = Array.from({ length: 1_000 }, (_, at) => `RCPT TO:<a@d${i * 1_000 + at}.elsewhere.test>\r\n`);
        if (!(await attacker.write(lines.join('')))) return;
      }
    },
  },
  {
    name: 'random octets at once',
    reply: /^(?:421 4\.7\.0 too many errors|554 5\.5\.1 )/u,
    afterwards: 'closed',
    run: (attacker) => flood(attacker, randomBytes(MIB), 8),
  },
  {
    name: 'HTTP at once',
    ...early(HTTP),
  },
  {
    name: 'a TLS hello at once',
    ...early(CLIENT_HELLO),
  },
  {
    name: 'an SSH banner at once',
    ...early('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
  },
  { name: 'HTTP after the greeting', reply: NO_SMTP, afterwards: 'closed', run: late(HTTP) },
  { name: 'SMTP in the body of a POST', reply: NO_SMTP, afterwards: 'closed', run: late(HTTP_POST) },
  { name: 'a TLS hello after the greeting', reply: NO_SMTP, afterwards: 'closed', run: late(CLIENT_HELLO) },
  { name: 'an SSH banner after the greeting', reply: NO_SMTP, afterwards: 'closed', run: late('SSH-2.0-Go\r\n') },
  {
    name: 'random lines',
    reply: /^(?:421 4\.7\.0 too many errors|554 5\.5\.1 )/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker);
      for (let i = 0; i < 1_000; i += 1) {
        const line = Buffer.concat([
          Buffer.from('X'),
          randomBytes(400).map((octet) => (octet === 0x0a ? 0x0b : octet)),
          Buffer.from('\r\n'),
        ]);
        if (!(await attacker.write(line))) return;
      }
    },
  },
  {
    name: 'a pipeline of 100,000 transactions without a message',
    reply: /^421 4\.7\.0 too many commands without mail/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, 'EHLO client.test');
      await flood(attacker, `MAIL FROM:<a@sender.test>\r\n${RCPT}RSET\r\n`.repeat(1_000), 100);
    },
  },
  {
    name: 'commands behind STARTTLS in clear',
    reply: /^220 2\.0\.0 /u,
    afterwards: 'open',
    run: async (attacker) => {
      await say(attacker, 'EHLO client.test');
      await attacker.write('STARTTLS\r\nNOOP\r\nNOOP\r\n');
      await attacker.reply();
    },
  },
  {
    name: 'DATA without an end',
    reply: /^552 5\.3\.4 /u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToData);
      await flood(attacker, Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(10_000)), 100);
    },
  },
  {
    name: 'DATA of one line without an end',
    reply: /^552 5\.3\.4 /u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToData);
      await flood(attacker, Buffer.alloc(MIB, 'x'), 70);
    },
  },
  {
    name: 'DATA of stuffed dots',
    reply: /^552 5\.3\.4 /u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToData);
      await flood(attacker, '..\r\n'.repeat(100_000), 100);
    },
  },
  {
    name: 'DATA of lone dots: the first ends the message, the others are no commands',
    reply: /^421 4\.7\.0 too many errors/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToData);
      await flood(attacker, '.\r\n'.repeat(100_000), 10);
    },
  },
  {
    name: 'BDAT of 2^64 octets',
    reply: /^552 5\.3\.4 /u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToChunk, 'BDAT 18446744073709551616 LAST');
    },
  },
  {
    name: 'BDAT of less than nothing',
    reply: /^501 5\.5\.4 /u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToChunk, 'BDAT -1 LAST');
    },
  },
  {
    name: 'BDAT that is larger than it may be, said truly',
    reply: /^552 5\.3\.4 /u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToChunk);
      await attacker.write('BDAT 100000000 LAST\r\n');
      await flood(attacker, Buffer.alloc(MIB, 'x'), 96);
    },
  },
  {
    name: 'BDAT chunks of one octet, and never the last',
    reply: /^421 4\.7\.0 too many commands without mail/u,
    afterwards: 'closed',
    run: async (attacker) => {
      await say(attacker, ...upToChunk);
      await flood(attacker, 'BDAT 1\r\nx'.repeat(10_000), 300);
    },
  },
  {
    name: 'commands inside of a chunk are its text',
    reply: /^250 2\.0\.0 stored/u,
    afterwards: 'open',
    run: async (attacker) => {
      await say(attacker, ...upToChunk);
      const text = `Subject: chunk\r\n\r\n${'RSET\r\n.\r\nQUIT\r\n'.repeat(1_000)}`;
      await attacker.write(`BDAT ${text.length} LAST\r\n${text}`);
      await attacker.reply();
    },
  },
  {
    name: 'BDAT without a transaction: its octets are no commands',
    reply: /^503 5\.5\.1 /u,
    afterwards: 'open',
    run: async (attacker) => {
      await say(attacker, 'EHLO client.test');
      await attacker.write('BDAT 12 LAST\r\nQUIT\r\nQUIT\r\n');
      await attacker.reply();
    },
  },
];

/** Runs an attack from an address of its own and waits for the end that it must have; `waitMs` bounds that. */
export async function attack(
  mx: { readonly port: number; readonly pid: number },
  from: string,
  { run, early: isEarly, afterwards }: Attack,
  waitMs: number,
): Promise<ReturnType<Attacker['ending']>> {
  const begin = async () => {
    const made = await connectAttacker(mx.port, from);
    if (isEarly) await run(made);
    return made;
  };
  const attacker = await (isEarly ? whileStopped(mx.pid, begin) : begin());
  let timer: NodeJS.Timeout | undefined;
  try {
    if (!isEarly) await run(attacker);
    if (afterwards === 'closed')
      await Promise.race([
        attacker.ended,
        new Promise((resolve) => {
          timer = setTimeout(resolve, waitMs);
        }),
      ]);
    return attacker.ending();
  } finally {
    clearTimeout(timer);
    attacker.destroy();
  }
}
