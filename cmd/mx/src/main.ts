import { tmpdir } from 'node:os';
import { partOf } from './self.ts';
import { catchSignals } from './signals.ts';

const argv = process.argv.slice(2);
const part = partOf(argv);
// Each process loads what it runs: an archive reader without the rest starts in a quarter of the time, with two thirds of the memory.
// No await at the top: the program must also be a CommonJS bundle.
if (part === 'archive-reader') void import('./archive-reader.ts').then(({ runArchiveReader }) => runArchiveReader(argv[1] ?? tmpdir()));
else if (part === 'writer') void import('./writer-process.ts').then(({ runWriter }) => runWriter());
else {
  // Loading takes a second or more, and a signal may come meanwhile.
  catchSignals();
  if (part === 'worker') void import('./worker.ts').then(({ runWorker }) => runWorker());
  else void import('./run-mx.ts').then(({ runMx }) => runMx(argv));
}
