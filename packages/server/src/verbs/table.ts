import type { Command, Refusal, Verb } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import type { Session } from '../session.ts';
import { bdat } from './bdat.ts';
import { data } from './data.ts';
import { hello } from './hello.ts';
import { help } from './help.ts';
import { mail } from './mail.ts';
import { noop } from './noop.ts';
import { quit } from './quit.ts';
import { rcpt } from './rcpt.ts';
import { rset } from './rset.ts';
import { startTls } from './start-tls.ts';
import { vrfy } from './vrfy.ts';

/** What must have been said before a command (RFC 5321 §4.1.4). */
type Phase = 'any' | 'hello' | 'transaction';

interface Row<V extends Verb> {
  readonly after: Phase;
  /** It moves no mail: too many of these end the session. */
  readonly junk: boolean;
  readonly run: (session: Session, command: Extract<Command, { verb: V }>) => Answer | Promise<Answer>;
}

/** The protocol at a glance. */
const TABLE: { readonly [V in Verb]: Row<V> } = {
  EHLO: { after: 'any', junk: true, run: hello },
  HELO: { after: 'any', junk: true, run: hello },
  STARTTLS: { after: 'hello', junk: true, run: startTls },
  MAIL: { after: 'hello', junk: false, run: mail },
  RCPT: { after: 'transaction', junk: false, run: rcpt },
  DATA: { after: 'transaction', junk: false, run: data },
  // Its octets follow in any case: it looks at the phase itself.
  BDAT: { after: 'any', junk: false, run: bdat },
  RSET: { after: 'any', junk: true, run: rset },
  NOOP: { after: 'any', junk: true, run: noop },
  VRFY: { after: 'any', junk: true, run: vrfy },
  HELP: { after: 'any', junk: true, run: help },
  QUIT: { after: 'any', junk: false, run: quit },
};

const OUT_OF_ORDER: Readonly<Record<'hello' | 'transaction', Refusal>> = {
  hello: '503 5.5.1 say EHLO or HELO first',
  transaction: '503 5.5.1 say MAIL first',
};

/** True for commands that move no mail. */
export function isJunk(verb: Verb): boolean {
  return TABLE[verb].junk;
}

/** Runs a command in the session. */
export async function run(session: Session, command: Command): Promise<Answer> {
  const row = TABLE[command.verb];
  if (row.after !== 'any' && !session.hello) return say(OUT_OF_ORDER.hello);
  if (row.after === 'transaction' && !session.transaction) return say(OUT_OF_ORDER.transaction);
  // The table pairs each verb with its own command; the compiler cannot follow that through the index.
  return (row.run as (session: Session, command: Command) => Answer | Promise<Answer>)(session, command);
}
