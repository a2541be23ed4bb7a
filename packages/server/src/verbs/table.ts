import type { Visit } from '@vratny/policy';
import { type Command, EXTENSIONS, type Refusal, type Verb } from '@vratny/smtp';
import { type Answer, say } from '../answer.ts';
import type { Session } from '../session.ts';
import type { Transaction } from '../transaction.ts';
import { bdat, data } from './data.ts';
import { mail } from './mail.ts';
import { rcpt } from './rcpt.ts';

/** What must have been said before a command (RFC 5321 §4.1.4), and the proof of it that the verb is given. */
interface Phases {
  any: undefined;
  /** EHLO or HELO. */
  hello: Visit<'helo'>;
  /** EHLO or HELO, and no MAIL. */
  'no transaction': Visit<'helo'>;
  /** MAIL. */
  transaction: Transaction;
  /** MAIL, and neither DATA nor BDAT. */
  envelope: Transaction;
}

type Phase = keyof Phases;

interface Row<V extends Verb, P extends Phase> {
  readonly after: P;
  /** The command moves no mail: too many of these end the session. */
  readonly junk: boolean;
  readonly run: (session: Session, command: Extract<Command, { verb: V }>, proof: Phases[P]) => Answer | Promise<Answer>;
}

/** All commands of the protocol. */
const TABLE: { readonly [V in Verb]: { [P in Phase]: Row<V, P> }[Phase] } = {
  EHLO: { after: 'any', junk: true, run: hello },
  HELO: { after: 'any', junk: true, run: hello },
  STARTTLS: { after: 'hello', junk: true, run: startTls },
  MAIL: { after: 'no transaction', junk: false, run: mail },
  RCPT: { after: 'envelope', junk: false, run: rcpt },
  DATA: { after: 'transaction', junk: false, run: data },
  // Its octets follow in any case: the verb checks the phase itself.
  BDAT: { after: 'any', junk: false, run: bdat },
  // RFC 5321 §4.1.1.5.
  RSET: {
    after: 'any',
    junk: true,
    run: (session) => {
      session.endTransaction();
      return say('250 2.0.0 transaction forgotten');
    },
  },
  // RFC 5321 §4.1.1.9.
  NOOP: { after: 'any', junk: true, run: () => say('250 2.0.0 still here') },
  // RFC 5321 §3.5.3: whether a mailbox exists is told at RCPT only.
  VRFY: { after: 'any', junk: true, run: () => say('252 2.5.0 addresses are not told here: send the message and see') },
  // RFC 5321 §4.1.1.8.
  HELP: {
    after: 'any',
    junk: true,
    run: () => say('214 2.0.0 this server receives mail as RFC 5321 says: EHLO, STARTTLS, MAIL, RCPT, DATA, BDAT, RSET, NOOP, VRFY, QUIT'),
  },
  // RFC 5321 §4.1.1.10.
  QUIT: {
    after: 'any',
    junk: false,
    run: (session) => {
      // The client may keep its side open: the message in chunks is dropped now.
      session.endTransaction();
      return say(`221 2.0.0 ${session.options.settings.hostName} says goodbye`);
    },
  },
};

/** True for commands that move no mail. */
export function isJunk({ verb }: Command): boolean {
  return TABLE[verb].junk;
}

/**
 * Runs a command in the session, or replies what must come before it. Synchronous when nothing has to be waited for.
 */
export function run(session: Session, command: Command): Answer | Promise<Answer> {
  const row = TABLE[command.verb];
  const proof = prove(session, row.after);
  if (typeof proof === 'string') return say(proof);
  // The table pairs each verb with its command and its phase; the compiler cannot follow that through the index.
  return (row.run as (session: Session, command: Command, proof: unknown) => Answer | Promise<Answer>)(session, command, proof);
}

function prove(session: Session, phase: Phase): Phases[Phase] | Refusal {
  if (phase === 'any') return undefined;
  const { hello: greeted, transaction } = session;
  if (!greeted) return '503 5.5.1 say EHLO or HELO first';
  if (phase === 'hello') return greeted;
  if (phase === 'no transaction') return transaction ? '503 5.5.1 a transaction is open already, say RSET to end it' : greeted;
  if (!transaction) return '503 5.5.1 say MAIL first';
  if (phase === 'transaction') return transaction;
  const begun = transaction.incoming !== undefined || transaction.chunkRefused !== undefined;
  return begun ? '503 5.5.1 the message of this transaction has begun, say RSET to begin another one' : transaction;
}

/** EHLO and HELO (RFC 5321 §4.1.1.1). The name is the client's claim: only SPF uses it. */
function hello(session: Session, { verb, name }: Extract<Command, { verb: 'EHLO' | 'HELO' }>): Answer {
  session.openHello({ verb, name });
  const { hostName } = session.options.settings;
  if (verb === 'HELO') return say(`250 ${hostName}`);
  const { offer } = session;
  const keywords = EXTENSIONS.map((extension) => extension.advertise(offer)).filter((line) => line !== undefined);
  return { kind: 'lines', lines: [hostName, ...keywords] };
}

/** STARTTLS (RFC 3207). The client says EHLO again after the handshake. */
function startTls(session: Session): Answer {
  if (session.tls) return say('503 5.5.1 TLS is on already');
  if (!session.offer.startTls) return say('502 5.5.1 TLS is not offered here');
  // A transaction ends with STARTTLS.
  session.endTransaction();
  return { kind: 'start-tls', reply: '220 2.0.0 go ahead with TLS' };
}
