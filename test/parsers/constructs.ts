/** A construct that a message may repeat, written out to about so many octets. */
export interface Construct {
  readonly what: string;
  readonly message: (octets: number) => string;
}

const times = (text: string, octets: number) => text.repeat(Math.max(1, Math.floor(octets / text.length)));
const list = (octets: number, line: (index: number) => string) => {
  const parts: string[] = [];
  for (let i = 0, size = 0; size < octets; i += 1) {
    const part = line(i);
    parts.push(part);
    size += part.length;
  }
  return parts.join('');
};
const FROM = 'From: a@sender.test\r\nSubject: x\r\n';
const header = (fields: (octets: number) => string) => (octets: number) => `${FROM}${fields(octets)}\r\n\r\nbody\r\n`;
const body = (type: string, text: (octets: number) => string) => (octets: number) =>
  `${FROM}MIME-Version: 1.0\r\n${type}\r\n\r\n${text(octets)}\r\n`;
const mixed = (text: (octets: number) => string) =>
  body('Content-Type: multipart/mixed; boundary=b', (octets) => `--b\r\nContent-Type: text/plain\r\n\r\nx\r\n${text(octets)}\r\n--b--`);
const part = (fields: (octets: number) => string) => mixed((octets) => `--b\r\n${fields(octets)}\r\n\r\nx`);
const TAGS = 'v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.test; s=s1; h=from:to:subject; bh=eA==; b=eA==';
const signed = (fields: (octets: number) => string) => header((octets) => `DKIM-Signature: ${TAGS}\r\n${fields(octets)}`);
const arcSet = (i: number, more = '') =>
  `ARC-Seal: i=${i}; a=rsa-sha256; cv=${i === 1 ? 'none' : 'pass'}; d=sender.test; s=s1; b=eA==\r\n` +
  `ARC-Message-Signature: i=${i}; a=rsa-sha256; d=sender.test; s=s1; h=from; bh=eA==; b=eA==\r\n` +
  `ARC-Authentication-Results: i=${i}; mx.test; spf=pass${more}\r\n`;
const deep = (octets: number, open: (index: number) => string) => list(octets, open);

/** Of the header section. */
const FIELDS: readonly (readonly [string, (octets: number) => string])[] = [
  ['folds of a field', header((n) => `X-F: a\r\n${times(' f\r\n', n)}`.trimEnd())],
  ['folds of white space', header((n) => `X-F: a\r\n${times(' \r\n', n)} x`)],
  ['folds before a colon', header((n) => `X-F\r\n${times(' \r\n', n)} : x`)],
  ['folds before the first field', (n) => `${times(' f\r\n', n)}${FROM}\r\nbody\r\n`],
  ['fields', header((n) => list(n, (i) => `X-${i}: y\r\n`).trimEnd())],
  ['fields of one name', header((n) => times('X-Y: z\r\n', n).trimEnd())],
  ['lines that are no field', header((n) => times('no field\r\n', n).trimEnd())],
  ['a field of one line', header((n) => `X-F: ${times('a', n)}`)],
  ['white space in a field', header((n) => `X-F: a${times(' ', n)}b`)],
  ['a name without a colon', header((n) => times('a', n))],
  ['folded addresses in To', header((n) => `To: ${times('a@b.test,\r\n ', n)}c@d.test`)],
  ['addresses in From', (n) => `From: ${times('a@b.test,\r\n ', n)}c@d.test\r\n\r\nbody\r\n`],
  ['From fields', header((n) => times('From: a@b.test\r\n', n).trimEnd())],
  ['signs in From', (n) => `From: ${times('a@', n)}b.test\r\n\r\nbody\r\n`],
  ['dots in From', (n) => `From: a@b${times('.', n)}test\r\n\r\nbody\r\n`],
  ['labels in From', (n) => `From: a@${times('b.', n)}test\r\n\r\nbody\r\n`],
  ['quoted strings in From', (n) => `From: ${times('"a" ', n)}<a@b.test>\r\n\r\nbody\r\n`],
  ['open quotes in From', (n) => `From: ${times('"\\', n)} <a@b.test>\r\n\r\nbody\r\n`],
  ['angle brackets in From', (n) => `From: ${times('<', n)}a@b.test\r\n\r\nbody\r\n`],
  ['groups in To', header((n) => `To: ${times('g: a@b.test;\r\n ', n)}`)],
  ['groups in groups in To', header((n) => `To: ${times('g:', n)}`)],
  ['folded groups in groups in To', header((n) => `To: ${times(`${'g:'.repeat(30)}\r\n `, n)}`)],
  ['folded groups in groups in From', (n) => `From: ${times(`${'g:'.repeat(30)}\r\n `, n)}\r\n\r\nbody\r\n`],
  ['nested comments in To', header((n) => `To: ${times('(', n)}`)],
  ['comments in To', header((n) => `To: ${times('(c)\r\n ', n)} a@b.test`)],
  ['quoted pairs in To', header((n) => `To: "${times('\\"', n)}" <a@b.test>`)],
  ['white space in To', header((n) => `To: a${times(' ', n)}b@c.test`)],
  ['encoded words in Subject', header((n) => `X: ${times('=?utf-8?q?=41?=\r\n ', n)}`)],
  ['broken encoded words', header((n) => `X: ${times('=?', n)}`)],
  ['question marks', header((n) => `Thread-Topic: ${times('?=', n)}`)],
  ['encoded words of other character sets', header((n) => `X: ${times('=?iso-2022-jp?b?GyRCJCIbKEI=?= ', n)}`)],
  ['Received lines', header((n) => times('Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n', n).trimEnd())],
  ['Authentication-Results', header((n) => times('Authentication-Results: mx.test; spf=pass\r\n', n).trimEnd())],
  ['comments in Authentication-Results', header((n) => list(n, () => `Authentication-Results: ${'('.repeat(60_000)}\r\n`).trimEnd())],
  ['quotes in Authentication-Results', header((n) => list(n, () => `Authentication-Results: "${'\\"'.repeat(30_000)}\r\n`).trimEnd())],
  ['References', header((n) => `References: ${times('<a@b.test>\r\n ', n)}`)],
  ['a message identifier', header((n) => `Message-ID: <${times('a', n)}@b.test>`)],
  ['a date', header((n) => `Date: ${times('1 ', n)}`)],
  ['a list header', header((n) => `List-Unsubscribe: ${times('<mailto:a@b.test>,\r\n ', n)}`)],
  ['Content-Type parameters', header((n) => `Content-Type: text/plain; ${list(n, (i) => `a${i}=b;\r\n `)}`)],
  ['Content-Type folds', header((n) => `Content-Type: text/plain;\r\n${times(' \r\n', n)} charset=x`)],
  ['Content-Type quotes', header((n) => `Content-Type: text/plain; name="${times('\\"', n)}"`)],
  ['continuations (RFC 2231)', header((n) => `Content-Disposition: attachment; ${list(n, (i) => `filename*${i}=a;\r\n `)}`)],
  [
    'encoded continuations (RFC 2231)',
    header((n) => `Content-Disposition: attachment; ${list(n, (i) => `filename*${i}*=utf-8''%41;\r\n `)}`),
  ],
  ['DKIM signatures', header((n) => times(`DKIM-Signature: ${TAGS}\r\n`, n).trimEnd())],
  [
    'ten DKIM signatures of a large To',
    (n) => `${`DKIM-Signature: ${TAGS}\r\n`.repeat(10)}${FROM}To: ${times('a@b.test,\r\n ', n)}c@d.test\r\n\r\nbody\r\n`,
  ],
  [
    'ten DKIM signatures of a To that is just let through',
    (n) => `${`DKIM-Signature: ${TAGS}\r\n`.repeat(10)}${FROM}To: ${times('a@b.test,\r\n ', Math.min(n, 127_000))}c@d.test\r\n\r\nbody\r\n`,
  ],
  ['DKIM tags', header((n) => `DKIM-Signature: ${TAGS}; ${list(n, (i) => `x${i}=y; `)}`)],
  ['signed names', header((n) => `DKIM-Signature: ${TAGS.replace('h=from', `h=from${times(':to', n)}`)}`)],
  [
    'signed fields',
    header((n) => `DKIM-Signature: ${TAGS.replace('h=from', `h=from${':x-y'.repeat(190)}`)}\r\n${times('X-Y: z\r\n', n).trimEnd()}`),
  ],
  [
    'DKIM signatures of many names and large fields',
    (n) => {
      const signature = `DKIM-Signature: ${TAGS.replace('h=from', `h=from${list(1_300, (i) => `:x-${i}`)}`)}\r\n`;
      const fields = list(n / 4, (i) => `X-${i % 220}: ${'y'.repeat(900)}\r\n`);
      return `${times(signature, (n * 3) / 4)}${FROM}${fields}\r\nbody\r\n`;
    },
  ],
  ['white space in a DKIM signature', header((n) => `DKIM-Signature: ${TAGS}; z=a${times(' ', n)}b`)],
  ['dots in a signing domain', header((n) => `DKIM-Signature: ${TAGS.replace('d=sender', `d=sender${times('.', n)}`)}`)],
  [
    'other scripts in a DKIM signature',
    header((n) => `DKIM-Signature: ${TAGS.replace('d=sender', `d=${list(n, (i) => String.fromCodePoint(0x4e00 + (i % 20_000)))}`)}`),
  ],
  ['folds in a signed field', signed((n) => `To: a@b.test\r\n${times(' \r\n', n)} x`)],
  ['ARC sets', header((n) => list(n, (i) => arcSet(i + 1)).trimEnd())],
  ['large ARC sets', header((n) => list(n, (i) => arcSet(i + 1, ` (${'c'.repeat(2500)})`)).trimEnd())],
  [
    'ARC results',
    header((n) =>
      `${arcSet(
        1,
        list(n, () => '; dkim=pass header.i=@a.test'),
      )}`.trimEnd(),
    ),
  ],
];

/** Of the body. */
const BODIES: readonly (readonly [string, (octets: number) => string])[] = [
  ['one line', body('Content-Type: text/plain', (n) => times('a', n))],
  ['one line, signed', (n) => `DKIM-Signature: ${TAGS}\r\n${FROM}\r\n${times('a ', n)}\r\n`],
  ['empty lines, signed', (n) => `DKIM-Signature: ${TAGS}\r\n${FROM}\r\n${times('\r\n', n)}end\r\n`],
  ['white space, signed', (n) => `DKIM-Signature: ${TAGS}\r\n${FROM}\r\na${times(' \t', n)}b\r\n`],
  ['short lines', body('Content-Type: text/plain', (n) => times('a\r\n', n))],
  ['lines with a colon', body('Content-Type: text/plain', (n) => times('a: b\r\n', n))],
  ['dashes', body('Content-Type: multipart/mixed; boundary=b', (n) => times('--\r\n', n))],
  ['delimiters', mixed((n) => times('--b\r\n', n))],
  ['ends of parts', mixed((n) => times('--b--\r\n', n))],
  ['parts', mixed((n) => times('--b\r\nContent-Type: a/b; name=x\r\n\r\nx\r\n', n))],
  ['parts with boundaries of their own', mixed((n) => list(n, (i) => `--b\r\nContent-Type: multipart/mixed; boundary=c${i}\r\n\r\n`))],
  [
    'multiparts in each other',
    (n) => `${FROM}${deep(n, (i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`)}\r\nx\r\n`,
  ],
  ['messages in each other', (n) => `${FROM}${deep(n, () => 'Content-Type: message/rfc822\r\n\r\n')}\r\nx\r\n`],
  ['a boundary', (n) => `${FROM}Content-Type: multipart/mixed; boundary="${times('b', n)}"\r\n\r\n--b\r\n\r\nx\r\n`],
  ['folds in the header of a part', part((n) => `Content-Type: a/b; x=y\r\n${times(' f\r\n', n)} z`)],
  ['parameters of a part', part((n) => `Content-Disposition: attachment; ${list(n, (i) => `a${i}=b; `)}`)],
  ['continuations of a part', part((n) => `Content-Disposition: attachment; ${list(n, (i) => `filename*${i}*=%41;\r\n `)}`)],
  ['encoded words in a name', part((n) => `Content-Type: a/b; name="${times('=?utf-8?q?=41?= ', n)}"`)],
  ['broken encoded words in a name', part((n) => `Content-Type: a/b; name="${times('=?utf-8?q?', n)}"`)],
  ['a name', part((n) => `Content-Disposition: attachment; filename="${times('a', n)}"`)],
  ['comments in a part', part((n) => `Content-Type: a/b ${times('(', n)}; name=x`)],
  ['uuencode', body('Content-Type: text/plain', (n) => times('begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n', n))],
  ['uuencode without end', body('Content-Type: text/plain', (n) => times('begin 644 a.txt\r\n', n))],
  ['yEnc', body('Content-Type: text/plain', (n) => times('=ybegin line=128 size=1 name=a.txt\r\na\r\n=yend size=1\r\n', n))],
  ['BinHex', body('Content-Type: text/plain', (n) => times('(This file must be converted with BinHex 4.0)\r\n:a:\r\n', n))],
  [
    'TNEF',
    part(
      (n) =>
        `Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(
          `\u0078\u009f\u003e\u0022\u0000\u0000${'\u0002\u0010\u0080\u0001\u0000\u0001\u0000\u0000\u0000a\u0061\u0000'.repeat(n / 16)}`,
          'latin1',
        )
          .toString('base64')
          .replace(/.{76}/gu, '$&\r\n')}`,
    ),
  ],
  ['Base64', part((n) => `Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n${times(`${'QUJD'.repeat(19)}\r\n`, n)}`)],
  ['Base64 of no letters', part((n) => `Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n${times('!!!!\r\n', n)}`)],
  [
    'quoted-printable',
    part((n) => `Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${times('=41=42=\r\n', n)}`),
  ],
  [
    'white space in quoted-printable',
    part((n) => `Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${times(' ', n)}x`),
  ],
  ['tags of HTML', body('Content-Type: text/html', (n) => times('<a href=b>', n))],
  ['format=flowed', body('Content-Type: text/plain; format=flowed; delsp=yes', (n) => times('> a \r\n', n))],
  ['delivery reports', mixed((n) => times('--b\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\n', n))],
  ['calendars', part((n) => `Content-Type: text/calendar\r\n\r\n${times('ATTACH;X-FILENAME=a.txt:x\r\n', n)}`)],
];

/** Every construct, header and body. */
export const CONSTRUCTS: readonly Construct[] = [...FIELDS, ...BODIES].map(([what, message]) => ({ what, message }));
