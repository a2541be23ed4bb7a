import { createMemoryArchives } from '@vratny/archive/memory';
import { DEFAULT_SECONDARY_OF, type Host, mxName } from '@vratny/hosts';
import { contentOf } from '@vratny/message';
import { type Judgement, judge, type MessageContext, openVisit, type Policy, type Ports, policyOf } from '@vratny/policy';

const C10: Host = { letter: 'c', role: 'primary' };
const CLUSTER = { name: 'mx1', domain: 'example.test' };

/** Letter c's check of attachments and nothing else: what refuses a message here, nothing on the way to it did. */
function attachmentsAlone(): Policy {
  const policy = policyOf(C10);
  const message = policy?.message.filter((check) => check.name === 'attachments') ?? [];
  if (policy === undefined || message.length !== 1) throw new Error('letter c has no check of attachments');
  return { ...policy, mail: [], rcpt: [], message, stamps: [] };
}

/** Judges the attachments of messages as c10 does, in this process, archives read in it too. */
export async function judgeMessage(
  message: Buffer,
  archives: Pick<Ports['archives'], 'list'> = createMemoryArchives(),
): Promise<Judgement> {
  const visit = openVisit('message', contextOf(message), { ports: portsWith(archives), monotonicMs: () => performance.now() });
  try {
    return await judge(attachmentsAlone(), 'message', visit);
  } finally {
    visit.leave();
  }
}

/** The reply, or `taken`. */
export async function replyTo(message: Buffer): Promise<string> {
  const { verdict } = await judgeMessage(message);
  return verdict.kind === 'pass' ? 'taken' : verdict.reply;
}

function contextOf(message: Buffer): MessageContext {
  return {
    settings: {
      hostName: mxName(C10, CLUSTER),
      cluster: CLUSTER,
      secondaryOf: DEFAULT_SECONDARY_OF,
      messageMaxBytes: 100 * 1024 * 1024,
      trusts: () => false,
      greylist: { delayMs: 0, windowMs: 1, ipv4Prefix: 32, ipv6Prefix: 64, exempts: () => false },
      antispam: { refuseScore: 15, markScore: 6, onFault: 'delay' },
      attachments: { encryptedArchives: 'pass', unreadableArchives: 'refuse' },
    },
    host: C10,
    client: { ip: '192.0.2.1' },
    helo: { verb: 'EHLO', name: 'client.test' },
    tls: undefined,
    sender: { local: 'a', domain: 'sender.test' },
    parameters: { body: '8bitmime', utf8: false },
    startedAt: new Date(0),
    recipients: [],
    content: contentOf(message),
    gate: { bareCr: false, nul: false, oversize: false },
    id: 'corpus',
    receivedAt: new Date(0),
  };
}

function portsWith(archives: Pick<Ports['archives'], 'list'>): Ports {
  const unasked = () => Promise.reject(new Error('the attachments are judged without this port'));
  return {
    dns: { lookup: unasked },
    dnsbl: { ask: unasked },
    greylist: { firstSeen: unasked },
    archives,
    counters: { hit: unasked },
    antivirus: { scan: unasked },
    antispam: { judge: unasked },
    clock: () => new Date(0),
    directory: { findDomain: unasked, findDestination: unasked },
    delivery: { admits: unasked },
  };
}
