import { describe, expect, it } from 'vitest';
import { codesOf, expectedSays, verdictOf } from '../testing/check-rows.fixture.ts';
import { messageContext, SETTINGS } from '../testing/contexts.fixture.ts';
import { attachments } from './attachments.ts';

const NOTHING = { forbidden: [], ambiguous: [], unreadable: [], encrypted: [], crashes: false, names: 1, looked: [] };
const strict = { settings: { ...SETTINGS, attachments: { encryptedArchives: 'refuse', unreadableArchives: 'refuse' } } } as const;
const lenient = { settings: { ...SETTINGS, attachments: { encryptedArchives: 'pass', unreadableArchives: 'pass' } } } as const;
const file = (encrypted: boolean) => ({ path: 'invoice.zip/scan.tar.gz/run.exe', extension: '.exe', encrypted });

const ROWS: readonly [string, Parameters<typeof messageContext>[0], object, string][] = [
  ['nothing', {}, {}, 'pass'],
  ['a forbidden file', {}, { forbidden: [file(false)] }, '554 5.7.1'],
  ['behind a password, where that passes', {}, { forbidden: [file(true)], encrypted: ['invoice.zip'] }, 'pass'],
  ['behind a password and another in the clear', {}, { forbidden: [file(true), file(false)] }, '554 5.7.1'],
  ['behind a password, where that is refused', strict, { forbidden: [file(true)] }, '554 5.7.1'],
  ['any password, where that is refused', strict, { encrypted: ['invoice.zip'] }, '554 5.7.1'],
  ['not to be read', {}, { unreadable: [{ path: 'a.zip', problem: 'error' }] }, '554 5.7.1'],
  ['not to be read, where that passes', lenient, { unreadable: [{ path: 'a.zip', problem: 'error' }] }, 'pass'],
  ['ambiguous with an attachment', {}, { ambiguous: ['duplicate-boundary'] }, '554 5.7.1'],
  ['nested too deeply', {}, { ambiguous: ['duplicate-boundary', 'too-deep'] }, '554 5.7.1'],
  ['too many parts', {}, { ambiguous: ['limit'] }, '554 5.7.1'],
  ['crashes', lenient, { crashes: true }, '554 5.7.1'],
];

describe('attachments', () => {
  it.each(ROWS)('%s', (_name, context, found, codes) => {
    expect(codesOf(verdictOf(attachments, messageContext(context), { attachments: { ...NOTHING, ...found } }))).toBe(codes);
  });

  it('says what it lists, and lists what it says', () => {
    const codes = ROWS.map(([, context, found]) =>
      codesOf(verdictOf(attachments, messageContext(context), { attachments: { ...NOTHING, ...found } })),
    );
    expect(attachments.says.toSorted()).toEqual(expectedSays(attachments, codes));
  });

  it('names the file with its path inside archives, and cannot be made to say something else', () => {
    const reply = (path: string) =>
      verdictOf(attachments, messageContext(), { attachments: { ...NOTHING, forbidden: [{ path, extension: '.exe', encrypted: false }] } });
    expect(reply('invoice.zip/scan.tar.gz/run.exe')).toMatchObject({
      reply: '554 5.7.1 "invoice.zip/scan.tar.gz/run.exe": files ending in .exe are not accepted here',
    });
    expect(reply('a"\r\n250 ok.exe')).toMatchObject({ reply: '554 5.7.1 "a???250 ok.exe": files ending in .exe are not accepted here' });
  });

  it.each([
    ['too-deep', 'nested too deeply'],
    ['limit', 'too many parts, names or encoded octets'],
    ['duplicate-boundary', 'mail programs would see different attachments'],
  ])('says what is wrong with the structure: %s', (kind, words) => {
    const verdict = verdictOf(attachments, messageContext(), { attachments: { ...NOTHING, ambiguous: [kind] } });
    expect(verdict).toMatchObject({ reply: expect.stringContaining(words) });
  });
});
