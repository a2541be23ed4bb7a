import { expect, test } from 'vitest';
import { bytesOf } from '../bytes.ts';
import { PRINTED_LINES_MAX } from '../limits.ts';
import { createMachineWork } from '../reader-failure.ts';
import { installedWasm } from '../wasm.ts';
import { runSevenZip } from './program.ts';

/** A tar of so many empty files of one name. */
function tarOf(count: number): Buffer {
  const header = Buffer.alloc(512);
  header.write('a.txt', 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('00000000000\0', 124, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write('0ustar\x0000', 156, 'latin1');
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([Buffer.alloc(512 * count, header), Buffer.alloc(1024)]);
}

test('a listing that is longer than we read ends, and does not pass for a whole one', async () => {
  const module = await installedWasm().sevenZip();
  const list = (count: number) =>
    runSevenZip({ module, bytes: bytesOf(tarOf(count)), machine: createMachineWork(), args: ['l', '-slt', '-ttar'] });
  const few = await list(10);
  expect(few.exitCode).toBe(0);
  const linesOfEach = ((await list(20)).lines.length - few.lines.length) / 10;
  const many = await list(Math.ceil(PRINTED_LINES_MAX / linesOfEach));
  expect(many.exitCode).toBeUndefined();
  expect(many.lines.length).toBe(PRINTED_LINES_MAX);
});
