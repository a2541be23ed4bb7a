/** The program mxctl: manages domains, mailboxes and aliases of a site. */
import { userInfo } from 'node:os';
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';
import { complain, type Terminal } from './terminal.ts';

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no name belongs to.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // https://no-color.org: present and not empty.
  colours: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
  progress: process.stderr.isTTY === true,
  live: process.stdout.isTTY === true,
  env: process.env,
  user: userName(),
  now: () => new Date(),
};

let outputFailed = false;
// `mxctl ... | head` closes the pipe early: that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  complain(terminal, `standard output: ${error.message}`);
  outputFailed = true;
  process.exitCode = EXIT.output;
});
// No await at the top: the program must also be a CommonJS bundle.
void run(process.argv.slice(2), terminal).then((exitCode) => {
  // Set whatever it is by now: 7-Zip in WebAssembly writes its own code there when an archive is damaged.
  process.exitCode = outputFailed ? EXIT.output : exitCode;
});
