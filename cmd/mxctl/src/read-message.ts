import { createReadStream } from 'node:fs';
import { StartProblem } from '@vratny/adapters';
import { type Content, createGate, createSpool, type GateProblems } from '@vratny/message';

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
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartProblem(`${file}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`}`, 1, { cause: error });
  }
  return { content: await spool.finish(), gate: { ...gate.problems, oversize } };
}
