import type { Random } from './seeds.ts';

/** Pieces that decide what readers see; put anywhere they make the most trouble. */
const PIECES = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  ' ',
  '\t',
  '"',
  "'",
  ';',
  '=',
  '*',
  '*0*=',
  "utf-8''",
  '%2e',
  '=?utf-8?B?cnVuLmV4ZQ==?=',
  '(',
  ')',
  '\\',
  '--bb\r\n',
  '--bb--\r\n',
  '--inner\r\n',
  'boundary=bb;',
  'name=run.exe',
  'filename="run.exe"',
  'Content-Type: message/rfc822\r\n',
  'Content-Type: multipart/mixed; boundary=bb\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-Disposition: attachment; filename=run.exe\r\n',
  'begin 644 run.exe\r\n',
  '=ybegin line=128 size=3 name=run.exe\r\n',
  'PK\u0003\u0004',
  '.exe',
  '.',
].map((piece) => Buffer.from(piece, 'latin1'));

const CHANGES_MAX = 6;

/** A changed copy: octets flipped, runs cut out, doubled, moved, replaced by pieces, or another seed's tail. */
export function mutate(seed: Buffer, other: Buffer, random: Random): Buffer {
  let bytes = seed;
  for (let change = random(CHANGES_MAX) + 1; change > 0; change -= 1) bytes = changeOnce(bytes, other, random);
  return bytes;
}

function changeOnce(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const end = Math.min(bytes.length, at + random(random(4) === 0 ? 400 : 20));
  const front = bytes.subarray(0, at);
  const piece = PIECES[random(PIECES.length)] ?? Buffer.alloc(0);
  switch (random(7)) {
    case 0:
      return Buffer.concat([front, Buffer.from([random(256)]), bytes.subarray(Math.min(bytes.length, at + 1))]);
    case 1:
      return Buffer.concat([front, bytes.subarray(end)]);
    case 2:
      return Buffer.concat([front, bytes.subarray(at, end), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([front, piece, bytes.subarray(end)]);
    case 4:
      return Buffer.concat([front, other.subarray(random(other.length + 1))]);
    case 5:
      return random(8) === 0 ? bytes.subarray(0, Math.max(1, at)) : Buffer.concat([front, piece, bytes.subarray(at)]);
    default:
      return Buffer.concat([front, piece, bytes.subarray(at)]);
  }
}
