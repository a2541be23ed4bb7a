import { eicarFile } from '@vratny/scanner/clamd';

/** A file that is added to a message. */
export interface TestAttachment {
  readonly filename: string;
  readonly content: Buffer;
}

/** What a message of the demo holds: a text, and files. */
export interface TestContent {
  readonly text: string;
  readonly attachments: readonly TestAttachment[];
}

/** A text with what scanners shall find in it. */
export function testContent(text: string, { virus, spam }: { readonly virus: boolean; readonly spam: boolean }): TestContent {
  return { text: spam ? `${text}\n${spamText()}` : text, attachments: virus ? [virusAttachment()] : [] };
}

/** The harmless file that every virus scanner knows. Its name is one that no list of forbidden extensions has. */
export function virusAttachment(): TestAttachment {
  return { filename: 'eicar.txt', content: eicarFile() };
}

/** The Generic Test for Unsolicited Bulk Email: a text that every spam scanner calls spam. */
export function spamText(): string {
  // In two halves, so that no scanner judges this source by it.
  return `${['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('')}\n`;
}
