import { DialogueError } from '@vratny/support/dialogue/dialogue';
import { parseDialogue } from '@vratny/support/dialogue/parse';
import { expect, test } from 'vitest';

const parse = (text: string) => parseDialogue('x.smtp', text, (name) => Buffer.from(`file ${name}\nend\n`));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

test('every kind of line', () => {
  const dialogue = parse(
    [
      '# Shows all',
      '# RFC 5321',
      '',
      'S: 220 ...',
      'C: EHLO x',
      'S*: 250-...',
      'S: 250 Z',
      'TLS',
      '---',
      'C! close',
      'S! closed',
      'M: a@b.test x y',
      'M! a@b.test',
    ].join('\n'),
  );
  expect(dialogue.title).toBe('Shows all');
  expect(dialogue.steps.map((step) => `${step.line} ${step.kind}`)).toEqual([
    '4 expect',
    '5 send',
    '6 expect',
    '7 expect',
    '8 tls',
    '9 connect',
    '10 close',
    '11 closed',
    '12 stored',
    '13 nothing-stored',
  ]);
  expect(dialogue.steps[2]).toMatchObject({ text: '250-...', many: true });
  expect(dialogue.steps[8]).toMatchObject({ mailbox: 'a@b.test', text: 'x y' });
});

test.each([
  ['C: NOOP', 'NOOP\r\n'],
  ['C: {repeat "x" 3}', '{repeat "x" 3}\r\n'],
  ['C:', '\r\n'],
  ['C~ a{repeat "xy" 3}b', 'axyxyxyb\r\n'],
  ['C~ {lines "ab" 2}.', 'ab\r\nab\r\n.\r\n'],
  ['C+ NOOP{hex 0a}', 'NOOP\n'],
  ['C+ {hex 0d 00 ff}', '\r\0\u00ff'],
  ['C< mail.txt', 'file mail.txt\r\nend\r\n'],
])('%s is sent as it says', (line, sent) => {
  const step = parse(`# x\nS: 220 ...\n${line}\n`).steps[1];
  expect(step?.kind === 'send' && text(step.bytes)).toBe(sent);
});

test.each([
  ['# x\nS: 220 ...\nHELO', 'x.smtp:3: begins with none of'],
  ['# x\nS: hello', 'x.smtp:2: a reply begins with three digits'],
  ['# x\nS: 220 ...\nC~ {repeat x 3}', 'x.smtp:3: {repeat} takes'],
  ['# x\nS: 220 ...\nC~ {repeat "x" 99999999}', 'x.smtp:3: more than'],
  ['# x\nS: 220 ...\nC+ {hex 0}', 'x.smtp:3: {hex} takes octets'],
  ['# x\nS: 220 ...\nM: alice', 'x.smtp:3: M: takes a mailbox and a line'],
  ['# x\nS: 220 ...\nM! alice', 'x.smtp:3: "alice" is no mailbox'],
  ['S: 220 ...', 'x.smtp:1: begins with no'],
  ['# x\nC: QUIT', 'x.smtp:2: expects nothing'],
])('a bad file: %j', (file, message) => {
  expect(() => parse(file)).toThrow(DialogueError);
  expect(() => parse(file)).toThrow(message);
});
