/**
 * A decoded name as we hand it on: lower case, no final dot, the root empty. Backslashes and octets that are not printable ASCII are written as in a
 * master file, `\DDD` (RFC 1035 §5.1): the zone of a stranger must not put line breaks or invisible characters into logs and headers.
 */
export function wireName(decoded: string): string {
  const name = decoded.endsWith('.') ? decoded.slice(0, -1) : decoded;
  return name.toLowerCase().replace(/[^\u0020-\u005b\u005d-\u007e]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return [...Buffer.from(character)].map((octet) => `\\${String(octet).padStart(3, '0')}`).join('');
}
