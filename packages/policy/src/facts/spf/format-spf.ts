import { escapeCommentValue, formatAuthHeaderRow, formatDotAtomOrQuoted } from 'mailauth/lib/tools.js';
import type { SpfAnswer, SpfQuestion } from './find-spf.ts';

/** A value beyond this cannot be folded: it is left out, as RFC 7208 §9.1 allows. */
const VALUE_MAX = 400;

/** `Received-SPF: ...` (RFC 7208 §9.1) and the part of Authentication-Results (RFC 8601 §2.7.2). */
export function formatSpf(question: SpfQuestion, answer: SpfAnswer): { readonly header: string; readonly info: string } {
  const { sender, helo, ip } = question;
  const comment = commentOf(question, answer);
  const pairs = [['client-ip', ip], ...(sender === undefined ? [] : [['envelope-from', sender]]), ['helo', helo]]
    .map(([key, value = '']) => `${key}=${formatDotAtomOrQuoted(value)};`)
    .filter((pair) => pair.length <= VALUE_MAX);
  const mailfrom = answer.usedLocalPart ? sender : sender?.slice(sender.lastIndexOf('@') + 1);
  const smtp = sender === undefined ? { helo } : { mailfrom };
  return {
    header: `Received-SPF: ${answer.result} (${escapeCommentValue(comment)}) ${pairs.join(' ')}`,
    info: formatAuthHeaderRow('spf', { result: answer.result, comment, smtp }, { strict: true }),
  };
}

function commentOf({ sender, helo, ip, mta }: SpfQuestion, { result, domain, problem }: SpfAnswer): string {
  const who = sender ?? `postmaster@${helo}`;
  switch (result) {
    case 'pass':
      return `${mta}: domain of ${who} designates ${ip} as permitted sender`;
    case 'softfail':
      return `${mta}: domain of transitioning ${who} does not designate ${ip} as permitted sender`;
    case 'fail':
      return `${mta}: domain of ${who} does not designate ${ip} as permitted sender`;
    case 'neutral':
      return `${mta}: ${ip} is neither permitted nor denied by domain of ${who}`;
    case 'none':
      return `${mta}: ${domain} does not designate permitted sender hosts`;
    case 'permerror':
      return `${mta}: permanent error in processing during lookup of ${who}${problem ? `: ${problem}` : ''}`;
    case 'temperror':
      return `${mta}: error in processing during lookup of ${who}${problem ? `: ${problem}` : ''}`;
  }
}
