import { SYMBOL_NAME_MAX, SYMBOLS_MAX } from '../limits.ts';
import type { AntispamAnswer, SpamAction, SpamSymbol } from '../port.ts';
import { faultQuoting, type ScannerFault } from '../scanner-fault.ts';

const ACTIONS: readonly SpamAction[] = [
  'no action',
  'greylist',
  'add header',
  'rewrite subject',
  'soft reject',
  'reject',
  'discard',
  'quarantine',
];

/**
 * The body of a 200 to `/checkv2` as an answer (rspamd.com, "Protocol", rspamd JSON control block). Throws
 * `ScannerFault`.
 */
export function readAnswer(body: Buffer): AntispamAnswer {
  const reply = parse(body);
  if (!isRecord(reply)) throw malformed('no object', body);
  if ('error' in reply) throw faultQuoting('refused', 'says', String(reply['error']));
  const { score, required_score: requiredScore, is_skipped: isSkipped } = reply;
  const action = ACTIONS.find((one) => one === reply['action']);
  if (!isNumber(score) || !isNumber(requiredScore)) throw malformed('no score', body);
  if (typeof isSkipped !== 'boolean') throw malformed('not told whether it was skipped', body);
  if (action === undefined) throw malformed('no action that is known', body);
  if (action === 'soft reject') refuseUnfinished(reply['messages']);
  // GTUBE and forced actions are "skipped" too, but they say something.
  if (isSkipped && action === 'no action') return { kind: 'not-scanned', reason: 'rspamd skipped it by its own settings' };
  return { kind: 'scored', score, requiredScore, action, symbols: readSymbols(reply['symbols'], body) };
}

/** `soft_reject_on_timeout`: the score is that of the rules which came to an end. */
function refuseUnfinished(messages: unknown): void {
  const text = isRecord(messages) ? messages['smtp_message'] : undefined;
  if (typeof text === 'string' && /\btime(?:d )?-?out\b/iu.test(text)) {
    throw faultQuoting('timeout', 'did not finish within its own task_timeout:', text);
  }
}

function readSymbols(symbols: unknown, body: Buffer): readonly SpamSymbol[] {
  if (!isRecord(symbols)) throw malformed('no symbols', body);
  const read = Object.entries(symbols).map(([name, value]): SpamSymbol => {
    const score = isRecord(value) ? value['score'] : undefined;
    if (!isNumber(score) || name.length > SYMBOL_NAME_MAX || !/^[\x21-\x7e]+$/u.test(name)) throw malformed('a symbol that is none', body);
    return { name, score };
  });
  return read.toSorted((one, other) => Math.abs(other.score) - Math.abs(one.score)).slice(0, SYMBOLS_MAX);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw malformed('no JSON', body);
  }
}

function malformed(what: string, body: Buffer): ScannerFault {
  return faultQuoting('malformed', `an answer that is none (${what}):`, body);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
