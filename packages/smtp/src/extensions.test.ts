import { describe, expect, it } from 'vitest';
import { EXTENSIONS, type Offer } from './extensions.ts';

const lines = (offer: Offer) => EXTENSIONS.map((one) => one.advertise(offer)).filter((line) => line !== undefined);

describe('EXTENSIONS', () => {
  it.each<[Offer, readonly string[]]>([
    [
      { messageMaxBytes: 104_857_600, recipientsMax: 100, messagesMax: 1000, startTls: true, smtpUtf8: true },
      [
        'SIZE 104857600',
        'PIPELINING',
        'CHUNKING',
        'LIMITS MAILMAX=1000 RCPTMAX=100',
        '8BITMIME',
        'ENHANCEDSTATUSCODES',
        'PRDR',
        'SMTPUTF8',
        'STARTTLS',
      ],
    ],
    [
      { messageMaxBytes: 1, recipientsMax: 2, messagesMax: 3, startTls: false, smtpUtf8: false },
      ['SIZE 1', 'PIPELINING', 'CHUNKING', 'LIMITS MAILMAX=3 RCPTMAX=2', '8BITMIME', 'ENHANCEDSTATUSCODES', 'PRDR'],
    ],
  ])('%j', (offer, expected) => expect(lines(offer)).toEqual(expected));

  it('names each keyword and each parameter once', () => {
    const keywords = EXTENSIONS.map((one) => one.keyword);
    const parameters = EXTENSIONS.flatMap((one) => one.mail?.name ?? []);
    expect(new Set(keywords).size).toBe(keywords.length);
    expect(new Set(parameters).size).toBe(parameters.length);
  });

  it('offers no DSN: its reports could not be issued', () => expect(EXTENSIONS.map((one) => one.keyword)).not.toContain('DSN'));
});
