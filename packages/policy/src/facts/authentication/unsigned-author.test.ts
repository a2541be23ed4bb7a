import { createMemoryDns } from '@vratny/dns/memory';
import { contentOf, readHeader } from '@vratny/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openVisit } from '../../model/visit.ts';
import { messageContext, portsOf } from '../../testing/contexts.fixture.ts';
import { authenticateSigned, authentication } from '../authentication.ts';
import { header } from '../header.ts';
import { spf } from '../spf.ts';
import { unsignedAuthor } from './unsigned-author.ts';

const authorOf = async (text: string) => unsignedAuthor(await readHeader(contentOf(Buffer.from(text))));

describe('the author of an unsigned message', () => {
  it.each([
    ['From: a@sender.test', 'a@sender.test'],
    ['From: <a@sender.test>', 'a@sender.test'],
    ['From: Some One <a@sender.test>', 'a@sender.test'],
    ['From: "One, Some" <a@sender.test>', 'a@sender.test'],
    ['from: =?utf-8?q?J=C3=A1n?= <a.b+c@sender.test>', 'a.b+c@sender.test'],
    ['From:\r\n Some\r\n\tOne <a@sender.test>', 'a@sender.test'],
    ['From: a@sender.test\r\nTo: b@example.test', 'a@sender.test'],
  ])('%j', async (line, author) => expect(await authorOf(`Subject: x\r\n${line}\r\n\r\nbody\r\n`)).toBe(author));

  it.each([
    'Subject: x',
    'From: a@sender.test\r\nFrom: a@sender.test',
    'From: a@sender.test, b@sender.test',
    'From: a@sender.test (comment)',
    'From: "b@other.test" <a@sender.test>',
    'From: b@other.test <a@sender.test>',
    'From: Some One a@sender.test',
    'From: <a@sender.test',
    'From: a@sender.test>',
    'From: group: a@sender.test;',
    'From: "a b"@sender.test',
    'From: a@[192.0.2.1]',
    'From: a@b@sender.test',
    'From: \u00e1@sender.test',
    'From: nobody',
    'From: a@sender.test\r\nno field at all',
    'no field at all\r\nFrom: a@sender.test',
    'From: a@sender.test\r\nDKIM-Signature: v=1',
    'From: a@sender.test\r\nDkim-signature : v=1',
    'From: a@sender.test\r\nARC-Seal: i=1',
  ])('is for mailauth to read: %j', async (lines) => expect(await authorOf(`${lines}\r\n\r\nbody\r\n`)).toBeUndefined());
});

const WORLD = {
  'sender.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  '_dmarc.sender.test': { TXT: ['v=DMARC1; p=reject'] },
  'sub.sender.test': { TXT: ['v=spf1 -all'] },
} as const;

/** What is near to a plain author, and what is not. */
const PIECES = [
  ...[
    'a',
    'Some',
    ' ',
    '\t',
    '\r\n ',
    '.',
    ',',
    ';',
    ':',
    '"',
    '\\',
    '(',
    ')',
    '<',
    '>',
    '@',
    '[',
    ']',
    "'",
    '=?utf-8?q?x?=',
    '\u00e1',
    '%',
    '=',
  ],
  ...[
    '@sender.test',
    'a@sender.test',
    '<a@sender.test>',
    'sub.sender.test',
    '@sub.sender.test',
    '@other.test',
    '"x y"',
    '@SENDER.test',
    '\r\nX: y',
    '\r\nline',
  ],
];

describe('authentication of unsigned mail', () => {
  it('is what mailauth makes of it, whatever stands in From', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }),
        fc.constantFrom('', '<a@sender.test>', 'a@sub.sender.test'),
        async (pieces, end) => {
          const text = `Subject: x\r\nFrom: ${pieces.join('')}${end}\r\nDate: y\r\n\r\nbody\r\n`;
          const dns = createMemoryDns(WORLD);
          const context = messageContext({ content: contentOf(Buffer.from(text)) });
          const visit = openVisit('mail', context, { ports: portsOf({ dns }), monotonicMs: () => 0 }).open('message', context);
          const [found, sender, read] = [await visit.find(authentication), await visit.find(spf), await visit.find(header)];
          if (!found.known || !sender.known || !read.known) throw new Error('not found');
          const message = { content: context.content, bodyStart: read.value.bodyStart, ip: context.client.ip };
          const { signal } = new AbortController();
          expect(found.value).toEqual(await authenticateSigned(message, sender.value, { dns, signal }));
        },
      ),
      { numRuns: 300 },
    ));
});
