import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@vratny/support/mx';

/** A block of code of a document. */
export interface Block {
  /** `sh`, `ini`, ... */
  readonly language: string;
  readonly text: string;
}

/** A document as it stands. */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The blocks of code below a heading of a document, up to the next heading of whatever level. */
export function readBlocks(page: string, heading: string): readonly Block[] {
  const lines = readPage(page).split('\n');
  const from = lines.findIndex((line) => line.replace(/^#+ /u, '') === heading && line.startsWith('#'));
  if (from === -1) throw new Error(`${page} has no heading ${heading}`);
  const blocks: Block[] = [];
  let open: { readonly language: string; readonly lines: string[] } | undefined;
  for (const line of lines.slice(from + 1)) {
    const fence = /^```(\w*)$/u.exec(line);
    if (fence === null) {
      if (open === undefined && /^#+ /u.test(line)) break;
      open?.lines.push(line);
    } else if (open === undefined) open = { language: fence[1] ?? '', lines: [] };
    else {
      blocks.push({ language: open.language, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  return blocks;
}

/** The only block of a language below a heading. */
export function readBlock(page: string, heading: string, language: string): string {
  const found = readBlocks(page, heading).filter((block) => block.language === language);
  const [block] = found;
  if (block === undefined || found.length > 1) throw new Error(`${page}, ${heading}: ${found.length} blocks of ${language}, not one`);
  return block.text;
}
