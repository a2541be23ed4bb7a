import type { OutgoingHttpHeaders } from 'node:http';
import { HEADER_VALUE_MAX, RSPAMD_RECIPIENTS_MAX } from '../limits.ts';
import type { SpamEnvelope } from '../port.ts';

/**
 * The transaction as rspamd's protocol has it; a list is one field for each value (rspamd.com, "Protocol", request
 * headers).
 */
export function requestHeaders(envelope: SpamEnvelope, sizeBytes: number, password: string | undefined): OutgoingHttpHeaders {
  const { sender, recipients, clientIp, clientName, helo, queueId, deliverTo, spf } = envelope;
  const optional: readonly (readonly [string, string | undefined])[] = [
    ['Hostname', clientName],
    ['Deliver-To', deliverTo],
    // Not of rspamd's own: the rule that we ship reads it.
    ['X-Vratny-SPF', spf],
    ['Password', password],
  ];
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    // rspamd closes after its answer anyway.
    Connection: 'close',
    From: headerValue(sender),
    Rcpt: recipients.slice(0, RSPAMD_RECIPIENTS_MAX).map(headerValue),
    IP: headerValue(clientIp),
    Helo: headerValue(helo),
    'Queue-Id': headerValue(queueId),
    ...Object.fromEntries(optional.flatMap(([name, value]) => (value === undefined ? [] : [[name, headerValue(value)]]))),
  };
}

/**
 * A stranger's text as one header value: no control characters, UTF-8 as octets (what Node writes for U+0000 to
 * U+00FF), bounded.
 */
function headerValue(text: string): string {
  const octets = Buffer.from(text.replaceAll(/[\x00-\x1f\x7f]/gu, ''), 'utf8');
  return octets.toString('latin1', 0, HEADER_VALUE_MAX).trim();
}
