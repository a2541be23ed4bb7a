import type { Delay } from '@vratny/smtp';
import { COMMANDS_BEYOND_BOUNDS_MAX, JUNK_COMMANDS_MAX, MESSAGES_MAX, PROTOCOL_ERRORS_MAX, RECIPIENTS_IN_VAIN_MAX } from './limits.ts';

/**
 * The counts of a session: messages; commands since the last message that moved no mail; errors of grammar or order;
 * recipients refused with 5xx; recipients that were refused, delayed or above the limit.
 */
type Counted = 'messages' | 'junkCommands' | 'protocolErrors' | 'recipientsRefused' | 'recipientsInVain';

/** The bound of each count, and the reply when it is reached. The site sets the bound of refused recipients. */
const BOUNDS: { readonly [Name in Counted]: { readonly at: number; readonly reply: Delay } } = {
  messages: { at: MESSAGES_MAX, reply: '421 4.7.0 enough messages for one session, please connect again' },
  junkCommands: { at: JUNK_COMMANDS_MAX + 1, reply: '421 4.7.0 too many commands without mail' },
  protocolErrors: { at: PROTOCOL_ERRORS_MAX + 1, reply: '421 4.7.0 too many errors in this session' },
  recipientsRefused: { at: Number.POSITIVE_INFINITY, reply: '421 4.7.0 too many recipients of this session were refused' },
  recipientsInVain: { at: RECIPIENTS_IN_VAIN_MAX + 1, reply: '421 4.7.0 too many recipients of this session were not taken' },
};

/** Counts what a client does. */
export class Tally {
  readonly #recipientsRefusedMax: number;
  readonly #counts: { [Name in Counted]: number } = {
    messages: 0,
    junkCommands: 0,
    protocolErrors: 0,
    recipientsRefused: 0,
    recipientsInVain: 0,
  };
  /** Commands since a bound was reached while accepted recipients waited for their message. */
  #commandsBeyondBounds = 0;

  /** `recipientsRefusedMax` is the site's bound of refused recipients. */
  constructor(recipientsRefusedMax: number) {
    this.#recipientsRefusedMax = recipientsRefusedMax;
  }

  /** Adds one and returns the count. */
  count(what: Counted): number {
    this.#counts[what] += 1;
    return this.#counts[what];
  }

  /** A message begins: the commands before it moved mail. */
  forgetJunk(): void {
    this.#counts.junkCommands = 0;
  }

  /** The reply of a bound that is reached; undefined below it. */
  reached(what: Counted): Delay | undefined {
    const at = what === 'recipientsRefused' ? this.#recipientsRefusedMax : BOUNDS[what].at;
    return this.#counts[what] >= at ? BOUNDS[what].reply : undefined;
  }

  /**
   * As `reached`, but a session with accepted recipients goes on for {@link COMMANDS_BEYOND_BOUNDS_MAX} commands, so
   * that they get their message.
   */
  endsSession(what: Counted, owesDelivery: boolean): Delay | undefined {
    const reply = this.reached(what);
    if (reply === undefined) return undefined;
    this.#commandsBeyondBounds += 1;
    return owesDelivery && this.#commandsBeyondBounds <= COMMANDS_BEYOND_BOUNDS_MAX ? undefined : reply;
  }
}
