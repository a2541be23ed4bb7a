import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CheckOptions, checkSite, StartProblem } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { formatProblem, readSite } from '@vratny/config/site-file';
import type { SiteText } from './messages.ts';

/** A site file's text as a site. @throws StartProblem, one line per problem */
export function readSiteText({ file, text }: SiteText): Site {
  const reading = readSite(text, { baseDirectory: dirname(file), file });
  if (!reading.ok) throw new StartProblem(reading.problems.map(formatProblem).join('\n'));
  return reading.site;
}

/** The site file's text, when it and everything that it names can be used. @throws StartProblem, one line per problem */
export function readValidSite(path: string, options: CheckOptions = {}): SiteText {
  const text = readSiteFile(path);
  const problems = checkSite(readSiteText(text), options);
  if (problems.length > 0) throw new StartProblem(problems.join('\n'));
  return text;
}

function readSiteFile(path: string): SiteText {
  const file = resolve(path);
  try {
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new StartProblem(code === 'ENOENT' ? `${path}: there is no such site file` : `${path} cannot be read (${String(code ?? error)})`);
  }
}
