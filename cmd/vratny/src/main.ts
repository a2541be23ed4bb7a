/** All programs as one executable file: the first word names the program, or the link by which the file was called. */
import { basename } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { versionOf } from '@vratny/adapters';

// No await at the top, here and in the programs: the executable is a CommonJS bundle.
const PROGRAMS: ReadonlyMap<string, () => Promise<unknown>> = new Map([
  ['mx', () => import('@vratny/mx')],
  ['mxctl', () => import('@vratny/mxctl')],
  ['panel', () => import('@vratny/panel-program')],
]);
const EXIT_USAGE = 64;

const HELP = `Usage: vratny PROGRAM [ARGUMENT]...

Programs:
  mx        receives mail: one host of the cluster
  mxctl     manages domains, mailboxes and policies, and explains what was decided
  panel     serves the pages of receipts

A link to this file with the name of a program runs that program.

Options:
  --licenses   print the licences of everything inside
  --version    print version and commit
  -h, --help   print this help; PROGRAM --help prints the program's own
`;

/** The program that a link is named after, or that the first word names; the word is taken away, so that the program sees its own arguments. */
function chosenProgram(): (() => Promise<unknown>) | undefined {
  const called = basename(process.argv0);
  const linked = PROGRAMS.get(called);
  // A copy that is called so starts its parts with the word too.
  if (linked !== undefined && process.argv[2] === called) process.argv.splice(2, 1);
  if (linked !== undefined) return linked;
  const named = PROGRAMS.get(process.argv[2] ?? '');
  if (named !== undefined) process.argv.splice(2, 1);
  return named;
}

function answer(word: string | undefined): void {
  if (word === '--version') process.stdout.write(`${versionOf('vratny')}\n`);
  else if (word === '--licenses') process.stdout.write(isSea() ? getAsset('licenses', 'utf8') : 'only the built executable has them\n');
  else if (word === '--help' || word === '-h') process.stdout.write(HELP);
  else {
    process.stderr.write(word === undefined ? HELP : `vratny: there is no program ${word}\nTry: vratny --help\n`);
    process.exitCode = EXIT_USAGE;
  }
}

const program = chosenProgram();
if (program === undefined) answer(process.argv[2]);
else void program();
