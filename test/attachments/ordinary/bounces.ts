import { attachedFile, BASE64, base64, multipartOf, single } from '@vratny/support/corpus/case';
import { ordinary, PDF, TEXT } from './material.ts';
import type { OrdinaryMessage } from './message.ts';

/** Why a message comes back. */
const REASONS = [
  ['5.1.1', '550 5.1.1 <x@y.test>: there is no such mailbox'],
  ['5.2.2', '552 5.2.2 the mailbox is full'],
  ['5.7.1', '554 5.7.1 "setup.exe": files ending in .exe are not accepted here'],
  ['5.3.4', '552 5.3.4 the message is larger than is accepted here'],
  ['4.4.1', 'connect to y.test[192.0.2.7]:25: the connection timed out'],
] as const;

/** What was sent. */
const ORIGINALS: Readonly<Record<string, Buffer>> = {
  'a text': single(['Content-Type: text/plain'], ['Hello']),
  'a document': attachedFile('report.pdf', PDF, 'application/pdf'),
  'an alternative': multipartOf(
    'Content-Type: multipart/alternative; boundary="aa"',
    '--aa',
    ...TEXT,
    '--aa',
    'Content-Type: text/html',
    '',
    '<p>Hello</p>',
    '--aa--',
  ),
};

const headerOf = (message: Buffer) => message.subarray(0, message.indexOf('\r\n\r\n') + 2);
const cutOf = (message: Buffer) => message.subarray(0, Math.floor(message.length * 0.7));

interface Failure {
  readonly status: string;
  readonly text: string;
  readonly original: Buffer;
}

type Server = (failure: Failure) => Buffer;

const report = (boundary: string, header: readonly string[], ...parts: readonly (readonly (string | Buffer)[])[]) =>
  single(
    [...header, `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`],
    [...parts.flatMap((part) => [`--${boundary}`, ...part]), `--${boundary}--`],
  );

const statusOf = (mta: string, { status, text }: Failure, more: readonly string[] = []) => [
  ...[
    `Reporting-MTA: dns; ${mta}`,
    ...more,
    'Arrival-Date: Mon, 5 Jan 2026 10:00:00 +0000 (UTC)',
    '',
    'Final-Recipient: rfc822; x@y.test',
    'Original-Recipient: rfc822;x@y.test',
  ],
  ...['Action: failed', `Status: ${status}`, 'Remote-MTA: dns; mx.y.test', `Diagnostic-Code: smtp; ${text}`],
];

/** Bounces as the most used servers and providers build them. */
const SERVERS: Readonly<Record<string, Server>> = {
  'Postfix, the message': (failure) =>
    report(
      '4ABC.1767607200/mx.sender.test',
      ['Auto-Submitted: auto-replied'],
      [
        'Content-Description: Notification',
        'Content-Type: text/plain; charset=us-ascii',
        '',
        'This is the mail system at host mx.sender.test.',
        '',
        `<x@y.test>: host mx.y.test said: ${failure.text}`,
      ],
      [
        'Content-Description: Delivery report',
        'Content-Type: message/delivery-status',
        '',
        ...statusOf('mx.sender.test', failure, ['X-Postfix-Queue-ID: 4ABC']),
      ],
      ['Content-Description: Undelivered Message', 'Content-Type: message/rfc822', '', failure.original],
    ),
  'Postfix, the header': (failure) =>
    report(
      '4ABC.1767607200/mx.sender.test',
      [],
      ['Content-Description: Notification', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', failure.text],
      ['Content-Description: Delivery report', 'Content-Type: message/global-delivery-status', '', ...statusOf('mx.sender.test', failure)],
      [
        'Content-Description: Undelivered Message Headers',
        'Content-Type: text/rfc822-headers',
        'Content-Transfer-Encoding: 8bit',
        '',
        headerOf(failure.original),
      ],
    ),
  'Postfix, international': (failure) =>
    report(
      '4ABC.1767607200/mx.sender.test',
      [],
      TEXT,
      ['Content-Type: message/global-delivery-status', '', ...statusOf('mx.sender.test', failure)],
      ['Content-Description: Undelivered Message Headers', 'Content-Type: message/global-headers', '', headerOf(failure.original)],
    ),
  'Exim, a report': (failure) =>
    report(
      '1767607200-eximdsn-123456',
      ['Auto-Submitted: auto-replied'],
      [
        'Content-type: text/plain; charset=us-ascii',
        '',
        'This message was created automatically by mail delivery software.',
        '',
        '  x@y.test',
        `    ${failure.text}`,
      ],
      ['Content-type: message/delivery-status', '', ...statusOf('mx.sender.test', failure)],
      ['Content-type: message/rfc822', '', 'Return-path: <a@sender.test>', failure.original],
    ),
  'Exim, an old one': (failure) =>
    single(
      [],
      [
        'This message was created automatically by mail delivery software.',
        '',
        `  x@y.test: ${failure.text}`,
        '',
        '------ This is a copy of the message, including all the headers. ------',
        '',
        failure.original,
      ],
    ),
  Sendmail: (failure) =>
    single(
      [
        'Content-Type: multipart/report; report-type=delivery-status;',
        '\tboundary="xA5.1767607200/mx.sender.test"',
        'Auto-Submitted: auto-generated (failure)',
      ],
      [
        ...[
          'This is a MIME-encapsulated message',
          '',
          '--xA5.1767607200/mx.sender.test',
          '',
          'The original message was received at Mon, 5 Jan 2026',
          failure.text,
          '',
        ],
        ...['--xA5.1767607200/mx.sender.test', 'Content-Type: message/delivery-status', '', ...statusOf('mx.sender.test', failure), ''],
        ...[
          '--xA5.1767607200/mx.sender.test',
          'Content-Type: message/rfc822',
          '',
          failure.original,
          '',
          '--xA5.1767607200/mx.sender.test--',
        ],
      ],
    ),
  qmail: (failure) =>
    single(
      [],
      [
        'Hi. This is the qmail-send program at mx.sender.test.',
        '',
        '<x@y.test>:',
        failure.text,
        '',
        '--- Below this line is a copy of the message.',
        '',
        'Return-Path: <a@sender.test>',
        failure.original,
      ],
    ),
  'Exchange, on premises': (failure) =>
    report(
      '_guid-1_',
      ['Content-Language: en-US', 'X-MS-Has-Attach:'],
      [
        'Content-Type: multipart/alternative; differences=Content-Type;',
        '\tboundary="_guid-2_"',
        '',
        '--_guid-2_',
        'Content-Type: text/plain; charset="us-ascii"',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'Delivery has failed to these recipients=',
        '.',
        '',
        '--_guid-2_',
        'Content-Type: text/html; charset="us-ascii"',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        '<html><body>Delivery has failed</body></html>',
        '',
        '--_guid-2_--',
        '',
      ],
      ['Content-Type: message/delivery-status', '', ...statusOf('mail.sender.test', failure)],
      ['Content-Type: message/rfc822', '', failure.original],
    ),
  'a provider of offices, the header in quoted-printable': (failure) =>
    report(
      'guid-3',
      [],
      ['Content-Type: text/html; charset="utf-8"', BASE64, '', base64('<html>Your message could not be delivered</html>')],
      ['Content-Type: message/delivery-status', '', ...statusOf('MAIL01.prod.example', failure)],
      [
        'Content-Type: text/rfc822-headers',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        headerOf(failure.original).toString('latin1').replaceAll('=', '=3D'),
      ],
    ),
  'a provider with a picture in its bounces': (failure) =>
    report(
      '000000000000aaaa',
      ['X-Failed-Recipients: x@y.test', 'Auto-Submitted: auto-replied'],
      [
        'Content-Type: multipart/related; boundary="000000000000bbbb"',
        '',
        '--000000000000bbbb',
        'Content-Type: multipart/alternative; boundary="000000000000cccc"',
        '',
        '--000000000000cccc',
        'Content-Type: text/plain; charset="UTF-8"',
        '',
        '** Address not found **',
        '',
        '--000000000000cccc',
        'Content-Type: text/html; charset="UTF-8"',
        '',
        '<html><img src="cid:icon.png"></html>',
        '',
        '--000000000000cccc--',
        '--000000000000bbbb',
        'Content-Type: image/png; name="icon.png"',
        'Content-Disposition: attachment; filename="icon.png"',
        BASE64,
        'Content-ID: <icon.png>',
        '',
        base64('picture'),
        '--000000000000bbbb--',
      ],
      ['Content-Type: message/delivery-status', '', ...statusOf('mx.provider.test', failure)],
      ['Content-Type: message/rfc822', '', headerOf(failure.original), '----- Message truncated -----', ''],
    ),
  'a provider that returns what fits': (failure) =>
    report(
      'b1',
      [],
      TEXT,
      ['Content-Type: message/delivery-status', '', ...statusOf('mx.provider.test', failure)],
      ['Content-Type: message/rfc822', '', cutOf(failure.original)],
    ),
  'a provider that writes text only': (failure) =>
    single(
      ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'],
      [
        'Sorry, your message could not be delivered.',
        failure.text.replaceAll('=', '=3D'),
        '',
        '--- The header of the original message ---',
        headerOf(failure.original),
      ],
    ),
  OpenSMTPD: (failure) =>
    single(
      ['Content-Type: multipart/mixed; boundary="3f2a/mx.sender.test"'],
      [
        '',
        'This is a MIME-encapsulated message.',
        '',
        '--3f2a/mx.sender.test',
        'Content-Description: Notification',
        'Content-Type: text/plain; charset=us-ascii',
        '',
        failure.text,
        '',
        '--3f2a/mx.sender.test',
        'Content-Description: Message headers',
        'Content-Type: text/rfc822-headers',
        '',
        headerOf(failure.original),
        '',
        '--3f2a/mx.sender.test--',
        '',
      ],
    ),
  Courier: (failure) =>
    report(
      '=_courier-0',
      [],
      [
        'Content-Type: text/plain; charset=us-ascii',
        'Content-Transfer-Encoding: 7bit',
        '',
        'This is a delivery status notification.',
        failure.text,
      ],
      ['Content-Type: message/delivery-status', 'Content-Transfer-Encoding: 7bit', '', ...statusOf('mx.sender.test', failure)],
      [
        'Content-Type: text/rfc822-headers; charset=us-ascii',
        'Content-Transfer-Encoding: 7bit',
        'Content-Disposition: attachment',
        '',
        headerOf(failure.original),
      ],
    ),
  Domino: (failure) =>
    report(
      '==IFJRGLKFGIR1234UHRUHIHD',
      [],
      ['Content-Type: text/plain; charset=us-ascii', '', 'Your message was not delivered.'],
      ['Content-Type: message/delivery-status', '', ...statusOf('notes.sender.test', failure)],
      ['Content-Type: message/rfc822', '', failure.original, ''],
    ),
};

/** Bounces of servers and providers, for each reason and for what was sent. */
export function bounces(): readonly OrdinaryMessage[] {
  return Object.entries(SERVERS).flatMap(([server, write]) =>
    REASONS.flatMap(([status, text]) =>
      Object.entries(ORIGINALS).map(([what, original]) =>
        ordinary(`bounce: ${server}, ${status}, ${what}`, write({ status, text, original })),
      ),
    ),
  );
}
