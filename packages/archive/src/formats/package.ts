/** A file that was dragged into a document (MS-OLEDS §2.3.6, what programs call a package). */
export interface Package {
  /** The label and the paths, unchanged. */
  readonly names: readonly string[];
  /** The content of the file; empty when it is incomplete. */
  readonly content: Buffer;
}

/**
 * The offset of the label in a stream of a compound file, and in an object of rich text, which does not begin with a
 * size.
 */
export const LABEL_AT = { stream: 6, object: 2 } as const;
/** A name ends with NUL; a longer one is not a name. */
const NAME_MAX_BYTES = 1024;

/**
 * Reads the stream of a package: its size, two octets, the label and the original path, each ended by NUL; then, behind
 * eight octets, the path of a temporary file and the content, each behind its size; and in newer ones the three names
 * once more in UTF-16.
 */
export function readPackage(bytes: Buffer, labelAt: number): Package {
  const label = textAt(bytes, labelAt);
  const path = label === undefined ? undefined : textAt(bytes, label.end);
  const names = [label?.text, path?.text];
  let content: Buffer = Buffer.alloc(0);
  const temporary = path === undefined ? undefined : blockAt(bytes, path.end + 4);
  if (temporary !== undefined) {
    names.push(temporary.block.toString('latin1').replace(/\0[\s\S]*$/u, ''));
    const data = blockAt(bytes, temporary.end);
    content = data?.block ?? bytes.subarray(Math.min(bytes.length, temporary.end + 4));
    let at = data?.end;
    for (let count = 0; count < 3 && at !== undefined; count += 1) {
      const wide: Block | undefined = blockAt(bytes, at, 2);
      if (wide !== undefined && wide.block.length <= NAME_MAX_BYTES) names.push(wide.block.toString('utf16le'));
      at = wide?.end;
    }
  }
  return {
    names: [...new Set(names)].filter((name) => name !== undefined).filter((name) => name !== '' && !/[\0-\x1f]/u.test(name)),
    content,
  };
}

function textAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  const nul = bytes.subarray(0, start + NAME_MAX_BYTES).indexOf(0, start);
  return nul === -1 ? undefined : { text: bytes.toString('latin1', start, nul), end: nul + 1 };
}

interface Block {
  readonly block: Buffer;
  readonly end: number;
}

/** Octets behind their number, which counts units of `unit` octets. */
function blockAt(bytes: Buffer, at: number, unit = 1): Block | undefined {
  if (at + 4 > bytes.length) return undefined;
  const end = at + 4 + bytes.readUInt32LE(at) * unit;
  return end > bytes.length ? undefined : { block: bytes.subarray(at + 4, end), end };
}
