import type { Delay, Objection, Refusal } from './reply.ts';

const OBJECTION = /^([45])\d\d \1\.\d{1,3}\.\d{1,3} \S/u;

/**
 * The way from a text that a store or the ledger gave us to a reply. Multi-line texts are joined; a text with a basic code
 * only gets the class's undefined enhanced code (RFC 3463 §2: `X.0.0`); anything else is no reply.
 */
export function parseObjection(text: string): Objection | undefined {
  const lines = text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const first = /^([45]\d\d)(?:[ -]|$)(.*)$/u.exec(lines[0] ?? '');
  if (!first) return undefined;
  const [, code = '', firstText = ''] = first;
  const enhanced = /^[245]\.\d{1,3}\.\d{1,3}(?=\s|$)/u.exec(firstText)?.[0];
  const words = lines
    .map((line) => line.replace(/^\d{3}[ -]?/u, '').replace(/^[245]\.\d{1,3}\.\d{1,3}\s*/u, ''))
    .filter((line) => line !== '');
  const rightClass = enhanced !== undefined && enhanced[0] === code[0] ? enhanced : `${code[0]}.0.0`;
  const candidate = `${code} ${rightClass} ${words.join(' ') || 'refused without a reason'}`;
  return isObjectionText(candidate) ? candidate : undefined;
}

/** {@link parseObjection} for permanent refusals only. */
export function parseRefusal(text: string): Refusal | undefined {
  const reply = parseObjection(text);
  return reply !== undefined && isRefusalText(reply) ? reply : undefined;
}

/** {@link parseObjection} for delays only. */
export function parseDelay(text: string): Delay | undefined {
  const reply = parseObjection(text);
  return reply !== undefined && !isRefusalText(reply) ? reply : undefined;
}

function isObjectionText(text: string): text is Objection {
  return OBJECTION.test(text);
}

function isRefusalText(text: Objection): text is Refusal {
  return text.startsWith('5');
}
