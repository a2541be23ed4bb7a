import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eicarFile } from '@vratny/scanner/clamd';

/** What clamd calls what it finds with these signatures: it marks databases that are not its makers' own. */
export const EICAR_NAME = 'Eicar-Test-Signature.UNOFFICIAL';
export const TEST_NAME = 'Vratny.Test.Signature.UNOFFICIAL';

/** The octets of our own test signature; found anywhere in a file. */
export function testVirus(): Buffer {
  return Buffer.from(['vratny', 'test', 'virus', '7f3a'].join('-'), 'latin1');
}

/**
 * Writes a signature database into a folder: EICAR as a whole file (.hdb), EICAR at a file's start and our own
 * signature (.ndb).
 */
export function writeSignatures(folder: string, extra: readonly { readonly name: string; readonly octets: Buffer }[] = []): void {
  const eicar = eicarFile();
  const hash = createHash('md5').update(eicar).digest('hex');
  const body = (name: string, offset: string, octets: Buffer) => `${name}:0:${offset}:${octets.toString('hex')}\n`;
  const bodies = [
    body('Eicar-Test-Signature', '0', eicar),
    body('Vratny.Test.Signature', '*', testVirus()),
    ...extra.map(({ name, octets }) => body(name, '*', octets)),
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'local.hdb'), `${hash}:${eicar.length}:Eicar-Test-Signature\n`);
  writeFileSync(join(folder, 'local.ndb'), bodies.join(''));
}
