import { type Content, contentOf } from '@vratny/message';

/** A message of about `sizeBytes` octets, with a file attached at its far end. */
export function mailWith(attachment: Buffer, { sizeBytes = 0, name = 'file.bin' } = {}): Content {
  const head = [
    'From: Alice <alice@one.test>',
    'To: Bob <bob@two.test>',
    'Subject: a file for you',
    'Date: Tue, 3 Nov 2026 10:00:00 +0000',
    'Message-ID: <1@one.test>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="limit"',
    '',
    '--limit',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    '',
  ].join('\r\n');
  const base64 = attachment.toString('base64').replaceAll(/.{76}/gu, '$&\r\n');
  const part = [
    '',
    '--limit',
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    `${base64}`,
    '--limit--',
    '',
  ].join('\r\n');
  const filler = Buffer.alloc(Math.max(0, sizeBytes - head.length - part.length), 'Nothing to see here, only text.\r\n');
  return contentOf(Buffer.concat([Buffer.from(head), filler, Buffer.from(part)]));
}
