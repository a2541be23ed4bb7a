import { withDeadline } from '@vratny/waiting';
import { ASK_MS, TELL_MS } from '../limits.ts';
import type { Amounts, ToPrimary } from '../messages.ts';
import { CONNECTIONS, type LimitsOfHost, OCTETS } from './limits-of-host.ts';

interface Question {
  readonly amount: number;
  /** Undefined once it has waited too long. */
  settle: ((granted: boolean) => void) | undefined;
}

interface Holding {
  held: number;
  used: number;
  /** Asked and not answered, in order. */
  readonly questions: Question[];
}

/** What one worker has of the host's limits: it asks the primary for more, and gives back what it does not need. */
export class WorkerShare {
  readonly #limits: LimitsOfHost;
  readonly #askMs: number;
  readonly #tell: (message: Extract<ToPrimary, { kind: 'shares' }>) => void;
  readonly #holdings = new Map<string, Holding>();
  #took: [string, number][] = [];
  #gave = new Map<string, number>();
  #asked: [string, number][] = [];
  #telling: NodeJS.Timeout | undefined;
  #asking: NodeJS.Immediate | undefined;

  /** `askMs`: how long an answer of the primary is waited for. */
  constructor(limits: LimitsOfHost, tell: (message: Extract<ToPrimary, { kind: 'shares' }>) => void, askMs = ASK_MS) {
    this.#askMs = askMs;
    this.#limits = limits;
    this.#tell = tell;
  }

  /** How much of a key is in use. */
  usedOf(key: string): number {
    return this.#holdings.get(key)?.used ?? 0;
  }

  /** Takes so much, or nothing and says false: at once where it is in hand, else the primary is asked. Never rejects. */
  take(key: string, amount: number): boolean | Promise<boolean> {
    const holding = this.#holdingOf(key);
    if (holding.questions.length === 0 && holding.used + amount <= holding.held) {
      holding.used += amount;
      return true;
    }
    return this.#ask(key, holding, amount);
  }

  /** As `take`, but the first one of a key is had without asking, and the primary is told. */
  takeOne(key: string): boolean | Promise<boolean> {
    if (this.#holdings.has(key)) return this.take(key, 1);
    this.#holdings.set(key, { held: 1, used: 1, questions: [] });
    this.#took.push([key, 1]);
    this.#tellSoon();
    return true;
  }

  /** Gives back what was taken. */
  give(key: string, amount: number): void {
    const holding = this.#holdings.get(key);
    if (!holding) return;
    holding.used = Math.max(0, holding.used - amount);
    this.#giveBack(key, holding);
  }

  /** The primary's answers. */
  granted(amounts: Amounts): void {
    for (const [key, amount] of amounts) {
      const holding = this.#holdingOf(key);
      const question = holding.questions.shift();
      holding.held += amount;
      const enough = question?.settle !== undefined && holding.used + question.amount <= holding.held;
      if (enough) holding.used += question.amount;
      question?.settle?.(enough);
      this.#giveBack(key, holding);
    }
  }

  #holdingOf(key: string): Holding {
    const known = this.#holdings.get(key);
    if (known) return known;
    const made: Holding = { held: 0, used: 0, questions: [] };
    this.#holdings.set(key, made);
    return made;
  }

  #ask(key: string, holding: Holding, amount: number): Promise<boolean> {
    this.#asked.push([key, amount]);
    // All that is asked within one turn of the event loop is one message.
    this.#asking ??= setImmediate(() => this.#send());
    const question: Question = { amount, settle: undefined };
    holding.questions.push(question);
    const answer = new Promise<boolean>((resolve) => {
      question.settle = (granted) => {
        question.settle = undefined;
        resolve(granted);
      };
    });
    return withDeadline(answer, this.#askMs, () => {
      question.settle = undefined;
      return false;
    });
  }

  #giveBack(key: string, holding: Holding): void {
    // Of an address nothing is kept that is not used: there are too many of them. What all clients share is kept in hand, or a quiet worker would ask each time.
    const spare = holding.used === 0 && key !== CONNECTIONS && key !== OCTETS ? 0 : this.#limits.spareOf(key);
    const excess = holding.held - holding.used - spare;
    if (excess > 0) {
      holding.held -= excess;
      this.#gave.set(key, (this.#gave.get(key) ?? 0) + excess);
      this.#tellSoon();
    }
    if (holding.held === 0 && holding.questions.length === 0) this.#holdings.delete(key);
  }

  #tellSoon(): void {
    this.#telling ??= setTimeout(() => this.#send(), TELL_MS);
  }

  #send(): void {
    clearTimeout(this.#telling);
    clearImmediate(this.#asking);
    this.#telling = undefined;
    this.#asking = undefined;
    const message = { kind: 'shares', took: this.#took, gave: [...this.#gave], asked: this.#asked } as const;
    this.#took = [];
    this.#gave = new Map();
    this.#asked = [];
    this.#tell(message);
  }
}
