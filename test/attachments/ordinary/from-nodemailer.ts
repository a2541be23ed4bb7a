import { createTransport } from 'nodemailer';
import type { OrdinaryMessage } from './message.ts';

type Options = Parameters<ReturnType<typeof createTransport>['sendMail']>[0];

const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
const NAMES = [
  'report.pdf',
  'účet č. 5.pdf',
  '請求書.pdf',
  'a "quoted" name.pdf',
  'name; with; semicolons.pdf',
  'Смета.pdf',
  `${'long '.repeat(30)}.pdf`,
  "it's.pdf",
  'two  spaces.pdf',
  '100%25 sure.pdf',
];
const EVENT = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';

type Row = readonly [what: string, options: Options];

const ROWS: readonly Row[] = [
  ['text', { text: 'Hello' }],
  ['html', { html: '<p>Hello</p>' }],
  ['text and html', { text: 'Hello', html: '<p>Hello</p>' }],
  ['amp', { text: 'Hello', html: '<p>Hello</p>', amp: '<!doctype html><html amp4email></html>' }],
  ['long lines', { text: 'x'.repeat(5000) }],
  ['text in base64', { text: 'žluťoučký', textEncoding: 'base64' }],
  ['text in quoted-printable', { text: 'žluťoučký', textEncoding: 'quoted-printable' }],
  ['a watch html', { text: 'Hello', watchHtml: '<b>Hello</b>' }],
  ['a list', { text: 'Hello', list: { unsubscribe: 'https://news.example/u', id: 'news.example' } }],
  ['a reply', { text: '> Hello\nyes', inReplyTo: '<x@y>', references: ['<x@y>', '<z@y>'] }],
  ['lines that begin with a dot', { text: '.\n..\n.run' }],
  ['lines that look like boundaries', { text: '--\nAnna\n----\n--x--' }],
  ['the word begin', { text: 'begin 644 the day with a smile\nbegin now' }],
  ...['REQUEST', 'CANCEL', 'REPLY', 'PUBLISH'].map(
    (method): Row => [`a calendar ${method}`, { text: 'Meeting', icalEvent: { method, content: EVENT } }],
  ),
  ['a calendar with a name', { text: 'Meeting', icalEvent: { filename: 'invite.ics', content: EVENT } }],
  ['an alternative', { text: 'a', alternatives: [{ contentType: 'text/x-web-markdown', content: '**a**' }] }],
  ['an inline image', { html: '<img src="cid:a">', attachments: [{ filename: 'a.png', content: PDF, cid: 'a' }] }],
  ['an image as a data address', { html: '<img src="data:image/png;base64,AAAA">', attachDataUrls: true }],
  [
    'an attached message',
    { text: 'fwd', attachments: [{ filename: 'mail.eml', content: 'Subject: x\r\n\r\nHello', contentType: 'message/rfc822' }] },
  ],
  ['an attachment without a name', { text: 'x', attachments: [{ content: PDF, filename: false }] }],
  ['ten attachments', { text: 'x', attachments: Array.from({ length: 10 }, (_, index) => ({ filename: `${index}.pdf`, content: PDF })) }],
  ...(['base64', 'quoted-printable', '7bit'] as const).map(
    (contentTransferEncoding): Row => [
      `an attachment in ${contentTransferEncoding}`,
      { text: 'x', attachments: [{ filename: 'a.txt', content: 'text\n', contentTransferEncoding }] },
    ],
  ),
  ...NAMES.map((filename): Row => [`a file called ${filename.slice(0, 30)}`, { text: 'x', attachments: [{ filename, content: PDF }] }]),
  ...NAMES.map(
    (filename): Row => [
      `an inline file called ${filename.slice(0, 30)}`,
      { html: 'x', attachments: [{ filename, content: PDF, contentDisposition: 'inline', cid: 'x@y' }] },
    ],
  ),
  ...NAMES.map((subject): Row => [`the subject ${subject.slice(0, 30)}`, { subject, text: subject, html: `<p>${subject}</p>` }]),
];

/** Mail as nodemailer makes it. */
export async function nodemailerMail(): Promise<readonly OrdinaryMessage[]> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const made: OrdinaryMessage[] = [];
  for (const [what, options] of ROWS) {
    const { message } = await transport.sendMail({ from: 'a@sender.test', to: 'alice@c.example.test', ...options });
    if (!Buffer.isBuffer(message)) throw new Error('nodemailer gave no buffer');
    made.push({ what: `nodemailer: ${what}`, message });
  }
  return made;
}
