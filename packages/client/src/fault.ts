import { describeError } from '@vratny/text';

/**
 * Why a connection is of no use any more. `lost`: it was never there, was closed or took too long. `garbled`: what came was no reply, or a
 * reply that nobody asked for, so that no reply of it can be attributed. `ended`: our side gave up. The message is one line for the log.
 */
export class ConversationFault extends Error {
  override readonly name = 'ConversationFault';
  readonly kind: 'lost' | 'garbled' | 'ended';

  constructor(kind: ConversationFault['kind'], message: string) {
    super(message.replace(/\s+/gu, ' '));
    this.kind = kind;
  }
}

/** Characters of an error in the log. */
const ERROR_MAX = 500;

/** What was thrown, as one line. */
export function describeFault(error: unknown): string {
  return describeError(error).replace(/\s+/gu, ' ').slice(0, ERROR_MAX);
}
