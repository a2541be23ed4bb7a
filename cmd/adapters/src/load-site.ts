import { dirname, resolve } from 'node:path';
import { formatProblem, readSite, type Site } from '@vratny/config';
import { readNamedFile } from './read-named-file.ts';
import { StartProblem } from './start-problem.ts';

/**
 * Reads a site file. Each line of the problem is one thing that is wrong: `site.yaml:7: dnsbl.zonez: unknown key, did you mean "zones"?`
 * Opens nothing that the file names: that is `checkSite`. @throws StartProblem
 */
export function loadSite(path: string): Site {
  const text = readNamedFile(path);
  const reading = readSite(text, { baseDirectory: dirname(resolve(path)), file: path });
  if (!reading.ok) throw new StartProblem(reading.problems.map(formatProblem).join('\n'));
  return reading.site;
}
