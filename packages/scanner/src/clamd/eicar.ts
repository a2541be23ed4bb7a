/** The test file of EICAR, the European Institute for Computer Antivirus Research: harmless, and known to every virus scanner. */
export function eicarFile(): Buffer {
  // In two halves, so that no scanner finds this source, nor a bundle of it.
  const halves = ['X5O!P%@AP[4\\PZX54(P^)7CC)', '7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'];
  return Buffer.from(halves.join(''), 'latin1');
}
