/** A dialogue that sends more than this is a load test. */
const GENERATED_MAX_BYTES = 16 * 1024 * 1024;
const DIRECTIVE = /\{(repeat|lines|hex)((?: [^{}]*)?)\}/gu;

/**
 * Fills in what a line wants generated: `{repeat "x" 1000}`, `{lines "x" 1000}` (each followed by CRLF), `{hex 0d 00}`. Everything
 * else is UTF-8 as it stands. Throws when a directive is malformed or too long.
 */
export function generate(text: string): Uint8Array {
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(DIRECTIVE)) {
    parts.push(Buffer.from(text.slice(from, match.index)), expand(match[1] ?? '', (match[2] ?? '').trim()));
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(from)));
  return Buffer.concat(parts);
}

function expand(directive: string, argument: string): Buffer {
  if (directive === 'hex') {
    if (!/^[0-9a-f]{2}( [0-9a-f]{2})*$/u.test(argument)) throw new Error(`{hex} takes octets such as "0d 00", not "${argument}"`);
    return Buffer.from(argument.replaceAll(' ', ''), 'hex');
  }
  const [, unit, digits] = /^"([^"]*)" (\d{1,8})$/u.exec(argument) ?? [];
  if (unit === undefined) throw new Error(`{${directive}} takes "text" and a number, not ${argument}`);
  const whole = directive === 'lines' ? `${unit}\r\n` : unit;
  const count = Number(digits);
  if (Buffer.byteLength(whole) * count > GENERATED_MAX_BYTES) throw new Error(`more than ${GENERATED_MAX_BYTES} octets`);
  return Buffer.from(whole.repeat(count));
}
