/** A file of an archive. */
export interface StoredFile {
  readonly name: string;
  readonly data: Buffer;
}

/** How a tar header says its name. */
export interface TarOptions {
  /** `gnu`: in a record of its own in front; `pax`: in an extended header; `sparse`: there too, as GNU does for files with holes; `prefix`: split in two fields; `v7`: no magic. */
  readonly names?: 'plain' | 'gnu' | 'pax' | 'sparse' | 'prefix' | 'v7';
  /** `2`: a symbolic link. */
  readonly type?: string;
}

/** A header block; without `magic` as in version 7. */
export function tarHeader(name: string, size: number, type: string, { prefix = '', magic = true } = {}): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'utf8');
  block.write('0000644\0', 100, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  if (magic) block.write('ustar\x0000', 257, 'latin1');
  block.write(prefix, 345, 'latin1');
  const sum = block.reduce((total, octet) => total + octet, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** What fills up a member to whole blocks. */
export const tarPadded = (data: Buffer) => Buffer.concat([data, Buffer.alloc((512 - (data.length % 512)) % 512)]);

/** A pax header with these records, for the next member or (`g`) for all. */
export function paxHeader(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): readonly Buffer[] {
  const text = Object.entries(records).map(([key, value]) => {
    const record = ` ${key}=${value}\n`;
    const guess = record.length + 2;
    return `${record.length + String(guess).length}${record}`;
  });
  const bytes = Buffer.from(text.join(''));
  return [tarHeader('PaxHeader', bytes.length, type), tarPadded(bytes)];
}

/** A tar archive (POSIX.1 and its forerunners). */
export function tar(files: readonly StoredFile[], { names = 'plain', type = '0' }: TarOptions = {}): Buffer {
  const blocks = files.flatMap(({ name, data }) => {
    const body = [tarHeader('short.txt', data.length, type), tarPadded(data)];
    if (names === 'gnu') return [tarHeader('././@LongLink', name.length + 1, 'L'), tarPadded(Buffer.from(`${name}\0`)), ...body];
    if (names === 'pax' || names === 'sparse') {
      const record = ` ${names === 'pax' ? 'path' : 'GNU.sparse.name'}=${name}\n`;
      const length = record.length + String(record.length + 2).length;
      return [tarHeader('PaxHeader', length, 'x'), tarPadded(Buffer.from(`${length}${record}`)), ...body];
    }
    if (names === 'prefix') {
      const cut = name.lastIndexOf('/');
      return [tarHeader(name.slice(cut + 1), data.length, type, { prefix: name.slice(0, cut) }), tarPadded(data)];
    }
    return [tarHeader(name, data.length, type, { magic: names !== 'v7' }), tarPadded(data)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A cpio archive: `newc` in hexadecimal, `odc` in octal. */
export function cpio(files: readonly StoredFile[], format: 'newc' | 'odc' = 'newc'): Buffer {
  const pad = format === 'newc' ? 4 : 1;
  const entries = [...files, { name: 'TRAILER!!!', data: Buffer.alloc(0) }].flatMap(({ name, data }) => {
    const hex = (value: number) => value.toString(16).padStart(8, '0');
    const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
    const size = name.length + 1;
    const head =
      format === 'newc'
        ? `070701${[1, 0o100644, 0, 0, 1, 0, data.length, 0, 0, 0, 0, size, 0].map(hex).join('')}`
        : `070707${[0, 1, 0o100644, 0, 0, 1, 0].map((value) => octal(value, 6)).join('')}${octal(0, 11)}${octal(size, 6)}${octal(data.length, 11)}`;
    const front = Buffer.from(`${head}${name}\0`, 'latin1');
    return [front, Buffer.alloc((pad - (front.length % pad)) % pad), data, Buffer.alloc((pad - (data.length % pad)) % pad)];
  });
  return Buffer.concat(entries);
}

/** An ar archive; `bsd` puts the name in front of the data. */
export function ar(files: readonly StoredFile[], { bsd = false } = {}): Buffer {
  const entries = files.flatMap(({ name, data }) => {
    const body = bsd ? Buffer.concat([Buffer.from(name), data]) : data;
    const called = bsd ? `#1/${name.length}` : `${name}/`;
    const head = `${called.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n`;
    return [Buffer.from(head, 'latin1'), body, Buffer.alloc(body.length % 2, '\n')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...entries]);
}

/** A gzip member with these optional fields (RFC 1952) around a deflated body. */
export function gzipNamed(deflated: Buffer, name: string, trailer: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.from(`${name}\0`, 'latin1'), deflated, trailer]);
}
