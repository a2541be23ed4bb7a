import { parseDialogue } from '@vratny/support/dialogue/parse';
import { DialogueMismatch, play } from '@vratny/support/dialogue/play';
import type { Transport } from '@vratny/support/dialogue/transport';
import { expect, test } from 'vitest';

/** A server that says these lines, whatever it is told, and then closes. */
function scripted(lines: readonly string[], stored: string[] = []): Transport & { readonly written: string[] } {
  const written: string[] = [];
  return {
    written,
    connect: async (early) => {
      const rest = [...lines];
      if (early.length > 0) written.push(Buffer.from(early).toString());
      return {
        write: (bytes) => {
          written.push(Buffer.from(bytes).toString());
        },
        readLine: async () => rest.shift(),
        secure: async () => {
          written.push('(tls)');
        },
        close: () => {},
      };
    },
    stored: async () => stored,
  };
}

const run = (text: string, transport: Transport) => play(parseDialogue('x.smtp', `# x\n${text}`), transport);

test('neighbouring lines go out together, and before the greeting when they stand there', async () => {
  const transport = scripted(['220 x', '250 a', '250 b']);
  await run('C: EARLY\nS: 220 ...\nC: ONE\nC: TWO\nS: 250 a\nS: 250 b\nTLS\nS! closed', transport);
  expect(transport.written).toEqual(['EARLY\r\n', 'ONE\r\nTWO\r\n', '(tls)']);
});

test('any number of lines', async () => {
  await run('S*: 250-...\nS: 250 z\nS! closed', scripted(['250-a', '250-b', '250 z']));
  await run('S*: 250-...\nS: 250 z\nS! closed', scripted(['250 z']));
});

test.each([
  ['another text', 'S: 220 x', ['220 y'], ['expected: 220 x', 'actual:   220 y']],
  ['another code', 'S: 250 2.1.5 ...', ['250 2.1.0 x'], ['expected: 250 2.1.5 ...', 'actual:   250 2.1.0 x']],
  ['silence', 'S: 220 ...\nS: 250 x', ['220 y'], ['S: 220 y', 'line 3', 'actual:   (the server closed)']],
  ['a server that goes on', 'S: 220 ...\nS! closed', ['220 y', '421 x'], ['expected: (the server closes)', 'actual:   421 x']],
  ['no message', 'S: 220 ...\nM: a@b.test x', ['220 y'], ['expected: a@b.test has x', 'actual:   no new message']],
])('%s is a mismatch that shows the transcript', async (_what, text, lines, parts) => {
  const error = await run(text, scripted(lines)).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(DialogueMismatch);
  for (const part of parts) expect(String(error)).toContain(part);
});

test('what lay there before counts for nothing', async () => {
  await run('S: 220 ...\nM! a@b.test', scripted(['220 x'], ['old']));
  await expect(run('S: 220 ...\nM: a@b.test old', scripted(['220 x'], ['old']))).rejects.toThrow(DialogueMismatch);
});
