import type { Journal } from '@vratny/journal';
import { type AcceptedRecipient, destination, type Visit } from '@vratny/policy';
import type { Answer } from './answer.ts';
import type { ConnectedSession, JudgedMessage, Service, ServiceTransaction } from './service.ts';

/** A message as it was taken for one mailbox. */
export interface TakenMessage {
  readonly address: string;
  /** Stamps and message. */
  readonly bytes: Buffer;
}

/** A service that takes every message into memory, for mailboxes that the directory knows. */
export interface MemoryService extends Service {
  readonly stored: readonly TakenMessage[];
  /** Called before a message is taken. */
  beforeTaking: () => Promise<void>;
}

/** Has nothing yet. */
export function createMemoryService(journal: Journal): MemoryService {
  const stored: TakenMessage[] = [];
  const service: MemoryService = {
    offer: { smtpUtf8: true },
    stored,
    beforeTaking: () => Promise.resolve(),
    connect: (session) => ({
      openTransaction: (): ServiceTransaction => ({
        takeRecipient: (visit) => recipientOf(visit),
        async takeMessage({ visit }) {
          await service.beforeTaking();
          const { context } = visit;
          const parts: Buffer[] = [Buffer.from(`X-Id: ${context.id}\r\n`)];
          for await (const chunk of context.content.read()) parts.push(chunk);
          const bytes = Buffer.concat(parts);
          const addresses = context.recipients.flatMap((one) => one.destination.mailboxes.map(({ address }) => address));
          for (const address of new Set(addresses)) stored.push({ address, bytes });
          return recordTaken(session, journal, context, [...new Set(addresses)]);
        },
      }),
    }),
  };
  return service;
}

async function recipientOf(visit: Visit<'rcpt'>): Promise<AcceptedRecipient> {
  const found = visit.peek(destination);
  if (!found?.known || found.value.kind !== 'mailboxes') throw new Error('the policy lets nobody else by');
  return { recipient: visit.context.recipient, destination: found.value };
}

function recordTaken(
  session: ConnectedSession,
  journal: Journal,
  { id, content }: JudgedMessage['visit']['context'],
  stored: readonly string[],
): Answer {
  const reply = `250 2.0.0 stored as ${id}` as const;
  const { sizeBytes, sha256 } = content;
  journal.record({ kind: 'delivery', id, occasion: session.occasion(), sizeBytes, sha256, stored, failed: [], ms: 0, reply });
  return { kind: 'message', replies: [{ reply }], onWritten: undefined };
}
