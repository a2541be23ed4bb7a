import { check, destination, FactFault, fact, PASS, type Policy, refuse, room, type Stamp } from '@vratny/policy';
import type { Refusal } from '@vratny/smtp';

/** A fact of the sender that may not be known: `faulty.test` cannot be told. */
const sender = fact({
  name: 'sender',
  stage: 'mail',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  async find(context): Promise<string> {
    const domain = context.sender?.domain ?? '';
    if (domain === 'faulty.test') throw new FactFault('cannot be told');
    return domain;
  },
});

const knownSender = check({
  name: 'known-sender',
  stage: 'mail',
  summary: 'the sender can be looked up',
  says: ['451 4.4.3'],
  facts: { sender },
  cannotTell: '451 4.4.3 the sender cannot be looked up',
  judge: () => PASS,
});

const tooBig: Refusal = '552 5.3.4 the message is too large';

const declaredSize = check({
  name: 'declared-size',
  stage: 'mail',
  summary: 'the declared size is within the limit',
  says: ['552 5.3.4'],
  facts: {},
  cannotTell: '451 4.3.0 not known',
  judge: ({ parameters, settings }) => ((parameters.sizeBytes ?? 0) > settings.messageMaxBytes ? refuse(tooBig) : PASS),
});

const mailbox = check({
  name: 'mailbox',
  stage: 'rcpt',
  summary: 'the mailbox is there and has room',
  says: ['550 5.1.1', '550 5.7.1', '552 5.2.2'],
  facts: { destination, room },
  cannotTell: '451 4.3.0 not known',
  judge(_, facts) {
    if (facts.destination.kind === 'elsewhere') return refuse('550 5.7.1 no domain of ours');
    if (facts.destination.kind === 'unknown' || facts.room.kind === 'unknown') return refuse('550 5.1.1 no such mailbox');
    return facts.room.kind === 'full' ? refuse('552 5.2.2 the mailbox is full') : PASS;
  },
});

const content = check({
  name: 'content',
  stage: 'message',
  summary: 'the message is whole',
  says: ['552 5.3.4', '550 5.6.0'],
  facts: {},
  cannotTell: '451 4.3.0 not known',
  judge({ gate }) {
    if (gate.bareCr || gate.nul) return refuse('550 5.6.0 a bare CR or NUL');
    return gate.oversize ? refuse(tooBig) : PASS;
  },
});

const stamp: Stamp = { name: 'stamp', facts: [], write: (context) => `X-Id: ${context.id}\r\n` };

/** Small, and of every kind: a fact, checks of each stage, a stamp. */
export const POLICY: Policy = {
  name: 'd10',
  summary: 'for tests',
  mail: [declaredSize],
  rcpt: [knownSender, mailbox],
  message: [content],
  stamps: [stamp],
  lacks: [],
};
