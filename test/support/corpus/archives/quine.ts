/**
 * A zip whose only member is the zip itself, after R. Cox's construction (2010) of stored blocks ("print the next n octets") and matches
 * ("print the last n octets again"), each exactly five octets long. Only its checksum is not its own: unpackers notice after the fact.
 */

/** Long enough that the repetitions of head and tail need exactly 40 bits. */
const NAME = `${'q'.repeat(36)}.zip`;
const UNIT_BYTES = 5;

/** Bits in the order of RFC 1951 §3.1.1: values from their lowest bit, codes from their highest. */
function block(
  final: boolean,
  write: (bits: { value(bits: number, value: number): void; code(bits: number, code: number): void }) => void,
): Buffer {
  let text = '';
  const value = (bits: number, one: number) => {
    for (let bit = 0; bit < bits; bit += 1) text += String((one >> bit) & 1);
  };
  const code = (bits: number, one: number) => {
    text += one.toString(2).padStart(bits, '0');
  };
  value(1, final ? 1 : 0);
  value(2, 1);
  write({ value, code });
  code(7, 0);
  const octets = text.match(/.{8}/gu) ?? [];
  return Buffer.from(octets.map((octet) => Number.parseInt(octet.split('').reverse().join(''), 2)));
}

/** Prints the next `bytes` octets. */
function literal(bytes: number): Buffer {
  const unit = Buffer.alloc(UNIT_BYTES);
  unit.writeUInt16LE(bytes, 1);
  unit.writeUInt16LE(~bytes & 0xffff, 3);
  return unit;
}

/** Prints the last 20 octets again, as two matches of 10. */
const REPEAT_4 = block(false, ({ value, code }) => {
  for (let half = 0; half < 2; half += 1) {
    code(7, 264 - 256);
    code(5, 8);
    value(3, 20 - 17);
  }
});

/** Prints the last `bytes` (68 to 115) octets again, the last of which is 255: a match and one literal. */
function repeat(bytes: number, final: boolean): Buffer {
  return block(final, ({ value, code }) => {
    const length = bytes - 1;
    const group = Math.floor((length - 67) / 16);
    code(7, 277 + group - 256);
    value(4, length - 67 - group * 16);
    const far = bytes > 96;
    code(5, far ? 13 : 12);
    value(5, bytes - (far ? 97 : 65));
    code(9, 0b111111111);
  });
}

/** The zip that holds itself. */
export function quineZip(): Buffer {
  const headBytes = 30 + NAME.length;
  const tailBytes = 46 + NAME.length + 22 + 1;
  const sizes = (packed: number, unpacked: number) => {
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt32LE(packed, 14);
    shared.writeUInt32LE(unpacked, 18);
    shared.writeUInt16LE(NAME.length, 22);
    return shared;
  };
  const build = (packed: number) => {
    const shared = sizes(packed, headBytes + packed + tailBytes);
    const head = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), shared, Buffer.from(NAME)]);
    const end = Buffer.alloc(23);
    end.write('PK\u0005\u0006', 'latin1');
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(46 + NAME.length, 12);
    end.writeUInt32LE(headBytes + packed, 16);
    end.writeUInt16LE(1, 20);
    end[22] = 255;
    const tail = Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), shared, Buffer.alloc(14), Buffer.from(NAME), end]);
    return { head, body: program(head, tail), tail };
  };
  const { head, body, tail } = build(build(0).body.length);
  return Buffer.concat([head, body, tail]);
}

function program(head: Buffer, tail: Buffer): Buffer {
  const l0 = literal(0);
  const l1 = literal(UNIT_BYTES);
  const l4 = literal(4 * UNIT_BYTES);
  const r4 = REPEAT_4;
  const lHead = literal(head.length + UNIT_BYTES);
  const rHead = repeat(head.length + UNIT_BYTES, false);
  const lTail = literal(tail.length + UNIT_BYTES);
  const rTail = repeat(tail.length + UNIT_BYTES, true);
  return Buffer.concat([
    ...[lHead, head, lHead, rHead, l1, rHead, l1, l1],
    ...[l4, rHead, l1, l1, l4, r4, l4, r4, l4, r4, l4, r4],
    ...[l4, r4, l0, l0, lTail, r4, l0, l0, lTail, rTail, tail, rTail],
  ]);
}
