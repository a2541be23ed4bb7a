import { createReadStream } from 'node:fs';
import { explainFileError, StartProblem } from '@vratny/adapters';
import { type Content, createGate, createSpool, type GateProblems, SpoolFault } from '@vratny/message';
import { EXIT } from './exit-codes.ts';

/** A message as mx has it after the final dot. */
export interface ReadMessage {
  readonly content: Content;
  readonly gate: GateProblems & { readonly oversize: boolean };
}

/** Reads a message through the same gate and spool as mx; `-` is standard input. @throws StartProblem */
export async function readMessage(file: string, spooling: { readonly directory: string; readonly maxBytes: number }): Promise<ReadMessage> {
  const gate = createGate();
  const spool = createSpool({ directory: spooling.directory });
  let room = spooling.maxBytes;
  let oversize = false;
  const take = async (bytes: Buffer) => {
    oversize ||= bytes.length > room;
    room -= bytes.length;
    if (!oversize && bytes.length > 0) await spool.write(bytes);
  };
  try {
    const input = file === '-' ? process.stdin : createReadStream(file);
    for await (const chunk of input) await take(gate.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))));
    await take(gate.end());
  } catch (error) {
    await spool.abort();
    if (error instanceof SpoolFault) throw new StartProblem(`${spooling.directory}: ${error.message}`, EXIT.temporary, { cause: error });
    throw new StartProblem(`${file}: ${explainFileError(error)}`, EXIT.input, { cause: error });
  }
  return { content: await spool.finish(), gate: { ...gate.problems, oversize } };
}
