import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsUtf8 } from './address.ts';
import type { Offer } from './extensions.ts';
import { parseCommand } from './grammar.ts';
import { HELO_MAX, LOCAL_PART_MAX } from './limits.ts';

const OFFER: Offer = { messageMaxBytes: 1000, recipientsMax: 100, messagesMax: 1000, startTls: true, smtpUtf8: true };
const a = { local: 'a', domain: 'example.test' };
const plain = { body: '7bit', utf8: false };
const mail = (sender: unknown, parameters: object = plain) => ({ verb: 'MAIL', sender, parameters });
const rcpt = (recipient: unknown) => ({ verb: 'RCPT', recipient });

/** A command line, and what it means: a command, or the beginning of the reply. */
const ROWS: readonly [string, object | string][] = [
  ['EHLO client.test', { verb: 'EHLO', name: 'client.test' }],
  ['ehlo client.test  ', { verb: 'EHLO', name: 'client.test' }],
  ['EHLO\tclient.test', { verb: 'EHLO', name: 'client.test' }],
  ['HELO [192.0.2.1]', { verb: 'HELO', name: '[192.0.2.1]' }],
  ['EHLO', '501 5.5.4'],
  ['EHLO a b', '501 5.5.4'],
  [`EHLO ${'a'.repeat(HELO_MAX)}`, { verb: 'EHLO', name: 'a'.repeat(HELO_MAX) }],
  [`EHLO ${'a'.repeat(HELO_MAX + 1)}`, '501 5.5.4'],
  ['EHLO a\u0000b', '501 5.5.2'],
  ['MAIL FROM:<a@example.test>', mail(a)],
  ['mail from:<a@example.test>', mail(a)],
  ['MAIL FROM: <a@example.test>', mail(a)],
  ['MAIL  FROM:<a@example.test>', mail(a)],
  ['MAIL FROM:<>', mail(null)],
  ['MAIL FROM:<> SIZE=10', mail(null, { ...plain, sizeBytes: 10 })],
  ['MAIL FROM:<"a>b"@example.test>', mail({ local: 'a>b', domain: 'example.test' })],
  ['MAIL FROM:<"a\\"> b"@example.test>', mail({ local: 'a"> b', domain: 'example.test' })],
  ['MAIL FROM:<@one.test,@two.test:a@example.test>', mail(a)],
  ['MAIL FROM:<a@[192.0.2.1]>', mail({ local: 'a', domain: '[192.0.2.1]', literal: '192.0.2.1' })],
  ['MAIL FROM:<a@example.test> SIZE=5 BODY=8BITMIME', mail(a, { body: '8bitmime', utf8: false, sizeBytes: 5 })],
  ['MAIL FROM:<a@example.test> PRDR', mail(a, { body: '7bit', utf8: false, prdr: true })],
  ['MAIL FROM:<a@example.test> prdr SIZE=5', mail(a, { body: '7bit', utf8: false, sizeBytes: 5, prdr: true })],
  ['MAIL FROM:<a@example.test> PRDR=1', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> PRDR PRDR', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> body=7bit', mail(a)],
  ['MAIL FROM:<a@example.test> size=0', mail(a, { ...plain, sizeBytes: 0 })],
  ['MAIL FROM:<a@example.test> SIZE=99999999999999999999', mail(a, { ...plain, sizeBytes: Number.MAX_SAFE_INTEGER })],
  ['MAIL FROM:<ž@example.test> SMTPUTF8', mail({ local: 'ž', domain: 'example.test' }, { body: '7bit', utf8: true })],
  ['MAIL FROM:<ž@example.test>', '553 5.6.7'],
  ['MAIL FROM:<a@ž.test>', '553 5.6.7'],
  ['MAIL FROM:<\ufffd@example.test>', '553 5.6.7'],
  ['MAIL FROM:<\ufffd@example.test> SMTPUTF8', '553 5.6.7'],
  ['MAIL FROM:<a@example.test> SIZE', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> SIZE=', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> SIZE=-1', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> SIZE=1e3', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> SIZE=999999999999999999999', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> SIZE=1 SIZE=2', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> BODY=BINARYMIME', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> BODY', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> SMTPUTF8=1', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> RET=HDRS', mail(a)],
  ['MAIL FROM:<a@example.test> ret=full envid=QQ314159', mail(a)],
  ['MAIL FROM:<a@example.test> AUTH=<>', mail(a)],
  ['MAIL FROM:<a@example.test> AUTH=user@client.test', mail(a)],
  ['MAIL FROM:<a@example.test> AUTH=e+3Dmc2@client.test SIZE=5', mail(a, { ...plain, sizeBytes: 5 })],
  ['MAIL FROM:<a@example.test> AUTH', mail(a)],
  ['MAIL FROM:<a@example.test> AUTH= ENVID= RET=', mail(a)],
  ['MAIL FROM:<a@example.test> ENVID=a=b ENVID=c', mail(a)],
  ['MAIL FROM:<a@example.test> NOTIFY=NEVER ORCPT=rfc822;a@example.test', mail(a)],
  ['MAIL FROM:<a@example.test> MT-PRIORITY=-3 SOLICIT=org.example:ADV:ADLT', mail(a)],
  ['MAIL FROM:<a@example.test>\tBODY=7BIT', mail(a)],
  ['MAIL FROM:<a@example.test>  BODY=7BIT   AUTH=<>  ', mail(a)],
  ['MAIL FROM:<> RET=HDRS ENVID=x AUTH=<> BODY=8BITMIME', mail(null, { body: '8bitmime', utf8: false })],
  ['MAIL FROM:<a@example.test> REQUIRETLS', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> HOLDFOR=3600', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> HOLDUNTIL=2026-12-01T00:00:00Z', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> BY=120;R', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> TRANSID=<1@client.test>', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> XVERP', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> AUTHX=<>', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> BODY=', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> STARTTLS', '555 5.5.4'],
  ['MAIL FROM:<a@example.test> =x', '501 5.5.4'],
  ['MAIL FROM:<a@example.test> a=b=c', '501 5.5.4'],
  [`MAIL FROM:<a@example.test>${' X'.repeat(17)}`, '501 5.5.4'],
  ['MAIL FROM:<a@example.test>SIZE=1', mail(a, { ...plain, sizeBytes: 1 })],
  ['MAIL FROM:<a@example.test>b@example.test>', '501 5.5.4'],
  ['MAIL FROM:a@example.test', mail(a)],
  ['MAIL FROM: a@example.test SIZE=1', mail(a, { ...plain, sizeBytes: 1 })],
  ['MAIL FROM:"a b>"@example.test SIZE=1', mail({ local: 'a b>', domain: 'example.test' }, { ...plain, sizeBytes: 1 })],
  ['MAIL FROM:@one.test:a@example.test', mail(a)],
  ['MAIL FROM:a@example.test>', '501 5.5.4'],
  ['MAIL FROM:a', '501 5.1.7'],
  ['MAIL FROM:  ', '501 5.5.4'],
  ['MAIL FROM:< a@example.test >', mail(a)],
  ['MAIL FROM:<a..b.@docomo.example>', mail({ local: 'a..b.', domain: 'docomo.example' })],
  ['MAIL FROM:<.a@docomo.example>', mail({ local: '.a', domain: 'docomo.example' })],
  ['MAIL FROM:<a@example.test.>', mail(a)],
  [`MAIL FROM:<${'a'.repeat(LOCAL_PART_MAX)}@example.test>`, mail({ local: 'a'.repeat(LOCAL_PART_MAX), domain: 'example.test' })],
  ['MAIL FROM:<a@example.test', '501 5.5.4'],
  ['MAIL FROM <a@example.test>', '501 5.5.4'],
  ['MAIL TO:<a@example.test>', '501 5.5.4'],
  ['MAIL', '501 5.5.4'],
  ['MAIL FROM:', '501 5.5.4'],
  ['MAIL FROM:<a>', '501 5.1.7'],
  ['MAIL FROM:< >', '501 5.1.7'],
  ['MAIL FROM:<a@b@c.test>', '501 5.1.7'],
  ['MAIL FROM:<@one.test:>', mail(null)],
  ['MAIL FROM:<""@example.test>', '501 5.1.7'],
  [`MAIL FROM:<${'a'.repeat(LOCAL_PART_MAX + 1)}@example.test>`, '501 5.1.0'],
  ['RCPT TO:<a@example.test>', rcpt(a)],
  ['rcpt to: <a@EXAMPLE.test>', rcpt(a)],
  ['RCPT TO:<Postmaster>', rcpt('postmaster')],
  ['RCPT TO:<postmaster@example.test>', rcpt({ local: 'postmaster', domain: 'example.test' })],
  ['RCPT TO:<@one.test:a@example.test>', rcpt(a)],
  ['RCPT TO:<@one.test,:a@example.test>', '501 5.1.3'],
  ['RCPT TO:<@one.test@two.test:a@example.test>', '501 5.1.3'],
  ['RCPT TO:<"Postmaster">', '501 5.1.3'],
  ['RCPT TO:<>', '501 5.1.3'],
  ['RCPT TO:<a%example.org@example.test>', rcpt({ local: 'a%example.org', domain: 'example.test' })],
  ['RCPT TO:<example.org!a@example.test>', rcpt({ local: 'example.org!a', domain: 'example.test' })],
  ['RCPT TO:<a@příklad.test>', rcpt({ local: 'a', domain: 'xn--pklad-zsa96e.test', uLabels: true })],
  ['RCPT TO:<ž@example.test>', rcpt({ local: 'ž', domain: 'example.test' })],
  ['RCPT TO:<\ufffd@example.test>', '553 5.6.7'],
  ['RCPT TO:<a@example.test> NOTIFY=NEVER', rcpt(a)],
  ['RCPT TO:<a@example.test> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.test', rcpt(a)],
  ['RCPT TO:<a@example.test> orcpt=utf-8;a\\x{17E}@example.test', rcpt(a)],
  ['RCPT TO:<a@example.test> NOTIFY= ORCPT', rcpt(a)],
  ['RCPT TO:<a@example.test> AUTH=<>', '555 5.5.4'],
  ['RCPT TO:<a@example.test> SIZE=1', '555 5.5.4'],
  ['RCPT TO:<a@example.test> RRVS=2014-04-03T23:01:00Z', '555 5.5.4'],
  ['RCPT TO:<a@example.test> REQUIRETLS', '555 5.5.4'],
  ['RCPT TO:<pOSTMASTER>', rcpt('postmaster')],
  ['RCPT TO:postmaster', rcpt('postmaster')],
  ['RCPT TO:<a..b.@example.test>', rcpt({ local: 'a..b.', domain: 'example.test' })],
  ['RCPT FROM:<a@example.test>', '501 5.5.4'],
  ['RCPT TO:a@example.test NOTIFY=NEVER', rcpt(a)],
  ['RCPT', '501 5.5.4'],
  [`RCPT TO:<${'a'.repeat(LOCAL_PART_MAX + 1)}@example.test>`, '501 5.1.0'],
  ['DATA', { verb: 'DATA' }],
  ['data ', { verb: 'DATA' }],
  ['DATA now', '501 5.5.4'],
  ['RSET', { verb: 'RSET' }],
  ['RSET x', '501 5.5.4'],
  ['QUIT', { verb: 'QUIT' }],
  ['QUIT x', '501 5.5.4'],
  ['QUIT\r', '500 5.5.2'],
  ['STARTTLS', { verb: 'STARTTLS' }],
  ['STARTTLS x', '501 5.5.4'],
  ['NOOP', { verb: 'NOOP' }],
  ['NOOP are you there', { verb: 'NOOP' }],
  ['HELP', { verb: 'HELP' }],
  ['HELP MAIL', { verb: 'HELP' }],
  ['VRFY alice', { verb: 'VRFY', subject: 'alice' }],
  ['VRFY', '501 5.5.4'],
  ['', '500 5.5.2'],
  [' QUIT', '500 5.5.2'],
  ['QUIT\u00a0', '500 5.5.2'],
  ['EXPN list', '500 5.5.2'],
  ['AUTH PLAIN', '500 5.5.2'],
  ['BDAT 10 LAST', { verb: 'BDAT', sizeBytes: 10, last: true }],
  ['bdat 10 last ', { verb: 'BDAT', sizeBytes: 10, last: true }],
  ['BDAT 0', { verb: 'BDAT', sizeBytes: 0, last: false }],
  ['BDAT 99999999999999999999', { verb: 'BDAT', sizeBytes: Number.MAX_SAFE_INTEGER, last: false }],
  ['BDAT 18446744073709551616 LAST', { verb: 'BDAT', sizeBytes: Number.MAX_SAFE_INTEGER, last: true }],
  [`BDAT ${'9'.repeat(2_000)}`, { verb: 'BDAT', sizeBytes: Number.MAX_SAFE_INTEGER, last: false }],
  ['BDAT 0010', { verb: 'BDAT', sizeBytes: 10, last: false }],
  ['BDAT', '501 5.5.4'],
  ['BDAT LAST', '501 5.5.4'],
  ['BDAT -1', '501 5.5.4'],
  ['BDAT +10', '501 5.5.4'],
  ['BDAT 1e3', '501 5.5.4'],
  ['BDAT 10.0', '501 5.5.4'],
  ['BDAT 1_0', '501 5.5.4'],
  ['BDAT \u0661\u0660', '501 5.5.4'],
  ['BDAT 10LAST', '501 5.5.4'],
  ['BDAT 10 20', '501 5.5.4'],
  ['BDAT <10>', '501 5.5.4'],
  ['BDAT 0x10', '501 5.5.4'],
  ['BDAT 10 FIRST', '501 5.5.4'],
  ['BDAT 10 LAST x', '501 5.5.4'],
  ['WIZ', '500 5.5.2'],
  ['SHELL', '500 5.5.2'],
  ['KILL', '500 5.5.2'],
  ['DEBUG', '500 5.5.2'],
  ['XCLIENT ADDR=1.2.3.4', '500 5.5.2'],
  ['constructor', '500 5.5.2'],
  ['__proto__', '500 5.5.2'],
  ['GET / HTTP/1.1', '500 5.5.2'],
  ['MAILFROM:<a@example.test>', '500 5.5.2'],
  ['DATA\u0000', '500 5.5.2'],
];

describe('parseCommand', () => {
  it.each(ROWS)('%j', (line, expected) => {
    const command = parseCommand(line, OFFER);
    if (typeof expected === 'object') expect(command).toEqual(expected);
    else expect('malformed' in command ? command.malformed.slice(0, expected.length) : command).toBe(expected);
  });

  it('knows no parameter that is not on offer', () => {
    const command = parseCommand('MAIL FROM:<a@example.test> SMTPUTF8', { ...OFFER, smtpUtf8: false });
    expect(command).toMatchObject({ verb: 'MAIL', malformed: expect.stringMatching(/^555 5\.5\.4 /u) });
  });

  it('says which verb a malformed line had', () => {
    expect(parseCommand('RCPT TO:<', OFFER)).toMatchObject({ verb: 'RCPT' });
    expect(parseCommand('WIZ', OFFER)).toMatchObject({ verb: 'unknown' });
  });

  const pieces = fc.constantFrom(
    'MAIL',
    'RCPT',
    'EHLO',
    ' ',
    'FROM:',
    'TO:',
    '<',
    '>',
    '@',
    '"',
    '\\',
    ',',
    ':',
    'a',
    '.test',
    '=',
    '\u0000',
    'ž',
  );
  const lines = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  it('any bytes are a command or get a 5xx reply', () => {
    fc.assert(
      fc.property(lines, fc.boolean(), (line, smtpUtf8) => {
        const command = parseCommand(line, { ...OFFER, smtpUtf8 });
        if ('malformed' in command) expect(command.malformed).toMatch(/^5\d\d 5\.\d\.\d [\u0020-\u007e]+$/u);
        else expect(line.trimStart().toUpperCase().startsWith(command.verb)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['quotes', `MAIL FROM:<${'"\\'.repeat(50_000)}`],
    ['source route', `MAIL FROM:<${'@a,'.repeat(50_000)}`],
    ['parameters', `MAIL FROM:<a@example.test>${' '.repeat(100_000)}X=`],
    ['white space', `MAIL${' \t'.repeat(50_000)}x${' \t'.repeat(50_000)}`],
    ['dots', `RCPT TO:<${'a.'.repeat(50_000)}@example.test>`],
  ])('is linear: %s', (_name, line) => {
    // Processor time of this thread: what else the machine does is not counted.
    const before = process.threadCpuUsage();
    parseCommand(line, OFFER);
    const { user, system } = process.threadCpuUsage(before);
    // Quadratic would be 10^10 steps.
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});

describe('needsUtf8', () => {
  it.each<[Parameters<typeof needsUtf8>[0], boolean]>([
    [{ local: 'a', domain: 'xn--9ca.test' }, false],
    [{ local: 'a', domain: 'xn--9ca.test', uLabels: true }, true],
    [{ local: 'ž', domain: 'example.test' }, true],
  ])('%j', (address, needed) => expect(needsUtf8(address)).toBe(needed));
});
