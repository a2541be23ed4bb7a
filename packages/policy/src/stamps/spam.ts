import type { SpamAction } from '@vratny/scanner';
import { antispam } from '../facts/antispam.ts';
import type { Stamp } from '../model/policy.ts';
import { foldField } from './fold.ts';

/**
 * What the scanner would not deliver as ordinary mail. `add header` and `rewrite subject` are its own mark score, which
 * the site file has too.
 */
const SPAM_ACTIONS: readonly SpamAction[] = ['reject', 'discard', 'quarantine'];

/** `X-Spam-*` in the copies of mailboxes that have antispam on; nobody else's copy is touched. */
export const spam: Stamp = {
  name: 'spam',
  facts: [antispam],
  write({ settings }, found, mailbox) {
    const answer = found(antispam);
    if (!mailbox.antispam || !answer.known) return '';
    switch (answer.value.kind) {
      case 'not-asked':
        return '';
      case 'not-scanned':
        return foldField(`X-Spam-Status: No, not scanned: ${answer.value.reason}`);
      case 'scored': {
        const { score, requiredScore, action, symbols } = answer.value;
        const isSpam = score >= requiredScore || score >= settings.antispam.markScore || SPAM_ACTIONS.includes(action);
        const tests = symbols.map((symbol) => symbol.name).join(', ');
        const status = `X-Spam-Status: ${isSpam ? 'Yes' : 'No'}, score=${score} required=${settings.antispam.markScore} tests=[${tests}]`;
        return [`X-Spam-Flag: ${isSpam ? 'YES' : 'NO'}`, `X-Spam-Score: ${score}`, status].map(foldField).join('');
      }
    }
  },
};
