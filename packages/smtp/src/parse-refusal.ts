import { cleanText } from '@vratny/text';
import { OBJECTION_TEXT_MAX } from './limits.ts';
import { isRefusal, type Objection, type Refusal } from './reply.ts';

// RFC 3463 §2: subject and detail have one to three digits and no leading zeros.
const NUMBER = '(?:0|[1-9]\\d{0,2})';
const ENHANCED = new RegExp(`^[245]\\.${NUMBER}\\.${NUMBER}(?=\\s|$)`, 'u');
const OBJECTION = new RegExp(`^([45])\\d\\d \\1\\.${NUMBER}\\.${NUMBER} \\S`, 'u');

/**
 * The way from a text that a store or the ledger gave us to a reply. Multi-line texts are joined; a text with a basic
 * code only, or with an enhanced code of another class, gets the class's undefined enhanced code (RFC 3463 §2:
 * `X.0.0`); a store's 421 is about *its* connection and becomes 451, since ours goes on; anything else is no reply.
 */
export function parseObjection(text: string): Objection | undefined {
  const lines = text
    .slice(0, OBJECTION_TEXT_MAX)
    .split(/[\r\n\u2028\u2029]+/u)
    .map((line) => cleanText(line).trim())
    .filter((line) => line !== '');
  const first = /^([45]\d\d)(?:[ -]|$)(.*)$/u.exec(lines[0] ?? '');
  const code = first?.[1];
  if (code === undefined) return undefined;
  const enhanced = ENHANCED.exec((first?.[2] ?? '').trim())?.[0];
  const rightClass = enhanced !== undefined && enhanced[0] === code[0] ? enhanced : `${code[0]}.0.0`;
  const words = lines.map((line) => wordsOf(line, code)).filter((line) => line !== '');
  const candidate = `${code === '421' ? '451' : code} ${rightClass} ${words.join(' ') || 'refused without a reason'}`;
  return isObjectionText(candidate) ? candidate : undefined;
}

/** A line without its codes. */
function wordsOf(line: string, code: string): string {
  const coded = line === code || line.startsWith(`${code} `) || line.startsWith(`${code}-`);
  return (coded ? line.slice(code.length + 1) : line).trim().replace(ENHANCED, '').trim();
}

/** {@link parseObjection} for permanent refusals only. */
export function parseRefusal(text: string): Refusal | undefined {
  const reply = parseObjection(text);
  return reply !== undefined && isRefusal(reply) ? reply : undefined;
}

function isObjectionText(text: string): text is Objection {
  return OBJECTION.test(text);
}
