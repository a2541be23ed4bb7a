import { findFreePort } from '@vratny/daemons';
import { startPostfix } from '@vratny/support/postfix';
import { SENDER_DOMAIN } from '@vratny/support/postfix-config';
import { waitFor } from '@vratny/support/wait-for';
import { type OrdinaryMessage, withCrlf } from './message.ts';

const FROM = `someone@${SENDER_DOMAIN}`;
/** Postfix returns the header alone above this (bounce_size_limit). */
const RETURNED_MAX_BYTES = 50_000;

const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
const MIXED = [
  'Content-Type: multipart/mixed; boundary="mm"',
  '',
  '--mm',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Hello',
  '--mm',
  'Content-Type: application/pdf; name="report.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  PDF,
  '--mm--',
];

/** What is sent and comes back: header lines from Content-Type on, and the body. */
const SENT: readonly (readonly [what: string, lines: readonly string[]])[] = [
  ['text', ['', 'Hello.']],
  ['8-bit text', ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', 'Vrátný stojí u vrat.']],
  ['HTML', ['Content-Type: text/html', '', '<p>Hello</p>']],
  ['a document', MIXED],
  ['a large text', ['', ...Array.from({ length: 1000 }, (_, row) => `${row} ${'long '.repeat(12)}`)]],
  ['a large document', [...MIXED.slice(0, -1), ...Array.from({ length: RETURNED_MAX_BYTES / 50 }, () => 'A'.repeat(76)), '--mm--']],
];

/** What Postfix tells a sender: that an address is unknown to the host at `relayPort`, and that a host does not answer. */
export async function postfixMail(relayPort: number): Promise<readonly OrdinaryMessage[]> {
  return [
    ...(await notices('bounce', relayPort, {})),
    ...(await notices('bounce in UTF-8', relayPort, { bounce_size_limit: '1000', mail_name: 'Vrátník' })),
    ...(await notices('delay', await findFreePort(), { delay_warning_time: '1s' })),
  ];
}

async function notices(what: string, relayPort: number, settings: Readonly<Record<string, string>>): Promise<readonly OrdinaryMessage[]> {
  await using postfix = await startPostfix({ relayPort, tls: 'none', settings });
  for (const [index, [, rows]] of SENT.entries()) {
    const header = [`From: ${FROM}`, 'To: nobody@c.example.test', `Subject: ${index}`, 'MIME-Version: 1.0'];
    const message = [...header, ...rows, ''].map((row) => Buffer.from(row).toString('latin1')).join('\r\n');
    await postfix.send(message, { from: FROM, to: ['nobody@c.example.test'] });
  }
  const returned = await waitFor(`${SENT.length} notices of ${what}`, () => enough(postfix.returned()), { explain: () => postfix.log() });
  return returned.map((mail, index) => ({ what: `Postfix: ${what} ${index + 1}`, message: withCrlf(Buffer.from(mail, 'latin1')) }));
}

function enough(mails: readonly string[]): readonly string[] | undefined {
  return mails.length >= SENT.length ? mails : undefined;
}
