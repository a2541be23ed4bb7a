import { type ParsedMail, simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';

/** What other programs call the attachments of a message; what makes them fail, they see nothing in. */
export async function namesForOthers(message: Buffer): Promise<readonly string[]> {
  return [...(await mailparserNames(message)), ...(await postalNames(message))];
}

/** mailparser stops for good on some messages; then it has no answer. */
const READER_MS = 2_000;

async function mailparserNames(message: Buffer): Promise<readonly string[]> {
  const parsed = await settled(simpleParser(message, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true }));
  return parsed === undefined ? [] : namesOf(parsed);
}

function namesOf(parsed: ParsedMail): readonly string[] {
  return parsed.attachments.flatMap(({ filename }) => (typeof filename === 'string' ? [filename] : []));
}

async function postalNames(message: Buffer): Promise<readonly string[]> {
  const parsed = await settled(PostalMime.parse(message));
  return parsed === undefined
    ? []
    : parsed.attachments.flatMap(({ filename }) => (filename === null || filename === undefined ? [] : [filename]));
}

async function settled<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), READER_MS);
  });
  return await Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
