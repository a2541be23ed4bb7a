import { gzipSync } from 'node:zlib';
import { zip } from '@vratny/support/corpus/archives/zip';
import { attached, attachedFile, BASE64, base64, lines, multipartOf, single } from '@vratny/support/corpus/case';
import { signedData } from '@vratny/support/corpus/mime/writers';
import { DOCUMENT, ordinary, PDF, TEXT } from './material.ts';
import type { OrdinaryMessage } from './message.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const JPEG = Buffer.concat([latin1('\xff\xd8\xff\xe0\0\x10JFIF\0'), Buffer.alloc(300, 9)]);
const ENVELOPED = Buffer.concat([Buffer.from('3082020006092a864886f70d010703a08201f0', 'hex'), Buffer.alloc(496, 5)]);
const ENTITIES: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  text: TEXT,
  document: DOCUMENT,
  both: ['Content-Type: multipart/mixed; boundary="ee"', '', '--ee', ...TEXT, '--ee', ...DOCUMENT, '--ee--'],
};

/** Signed and encrypted mail, as the programs that people use write it. */
function signedMail(): readonly OrdinaryMessage[] {
  return Object.entries(ENTITIES).flatMap(([what, entity]) => [
    ...['pkcs7-signature', 'x-pkcs7-signature'].map((type) =>
      ordinary(
        `signed: ${what}, ${type}`,
        multipartOf(
          `Content-Type: multipart/signed; protocol="application/${type}"; micalg=sha-256; boundary="ss"`,
          'This is an S/MIME signed message',
          '',
          '--ss',
          ...entity,
          '',
          '--ss',
          `Content-Type: application/${type}; name="smime.p7s"`,
          BASE64,
          'Content-Disposition: attachment; filename="smime.p7s"',
          'Content-Description: S/MIME Cryptographic Signature',
          '',
          base64(signedData(Buffer.alloc(0))),
          '--ss--',
        ),
      ),
    ),
    ...['pkcs7-mime', 'x-pkcs7-mime'].map((type) =>
      ordinary(
        `signed: ${what}, opaque, ${type}`,
        single(
          [
            `Content-Type: application/${type}; smime-type=signed-data; name="smime.p7m"`,
            BASE64,
            'Content-Disposition: attachment; filename="smime.p7m"',
          ],
          [base64(signedData(lines(...entity)))],
        ),
      ),
    ),
    ...['smime.p7m', 'message.p7m'].map((name) =>
      ordinary(
        `encrypted: ${what}, ${name}`,
        single(
          [
            `Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="${name}"`,
            BASE64,
            `Content-Disposition: attachment; filename="${name}"`,
          ],
          [base64(ENVELOPED)],
        ),
      ),
    ),
    ordinary(
      `signed: ${what}, OpenPGP`,
      multipartOf(
        'Content-Type: multipart/signed; micalg="pgp-sha512"; protocol="application/pgp-signature"; boundary="ss"',
        '--ss',
        ...entity,
        '--ss',
        'Content-Type: application/pgp-signature; name="signature.asc"',
        '',
        '-----BEGIN PGP SIGNATURE-----',
        '',
        'iQ==',
        '-----END PGP SIGNATURE-----',
        '--ss--',
      ),
    ),
    ordinary(
      `encrypted: ${what}, OpenPGP`,
      multipartOf(
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="ss"',
        '--ss',
        'Content-Type: application/pgp-encrypted',
        'Content-Description: PGP/MIME version identification',
        '',
        'Version: 1',
        '',
        '--ss',
        'Content-Type: application/octet-stream; name="encrypted.asc"',
        'Content-Disposition: inline; filename="encrypted.asc"',
        '',
        '-----BEGIN PGP MESSAGE-----',
        '',
        'hQ==',
        '-----END PGP MESSAGE-----',
        '--ss--',
      ),
    ),
    ordinary(
      `signed: ${what}, in the text`,
      single(
        ['Content-Type: text/plain'],
        [
          '-----BEGIN PGP SIGNED MESSAGE-----',
          'Hash: SHA256',
          '',
          'Hello',
          '-----BEGIN PGP SIGNATURE-----',
          '',
          'iQ==',
          '-----END PGP SIGNATURE-----',
        ],
      ),
    ),
  ]);
}

const METHODS = ['REQUEST', 'REPLY', 'CANCEL', 'PUBLISH', 'COUNTER'];
const event = (method: string, more: readonly string[] = []) =>
  lines(
    'BEGIN:VCALENDAR',
    `METHOD:${method}`,
    'VERSION:2.0',
    'BEGIN:VEVENT',
    'UID:1@sender.test',
    'SUMMARY:Talk about Node.js at booking.com',
    'URL:https://meet.test/setup.exe',
    ...more,
    'END:VEVENT',
    'END:VCALENDAR',
  );

/** Invitations and answers. */
function calendarMail(): readonly OrdinaryMessage[] {
  return METHODS.flatMap((method) => [
    ordinary(`calendar: ${method} alone`, single([`Content-Type: text/calendar; charset=utf-8; method=${method}`], [event(method)])),
    ordinary(
      `calendar: ${method} as alternative`,
      multipartOf(
        'Content-Type: multipart/alternative; boundary="cc"',
        '--cc',
        ...TEXT,
        '--cc',
        'Content-Type: text/html',
        '',
        '<p>Hello</p>',
        '--cc',
        `Content-Type: text/calendar; charset="UTF-8"; method=${method}`,
        'Content-Transfer-Encoding: 7bit',
        '',
        event(method),
        '--cc--',
      ),
    ),
    ordinary(
      `calendar: ${method} as alternative and as a file`,
      multipartOf(
        'Content-Type: multipart/mixed; boundary="mm"',
        '--mm',
        'Content-Type: multipart/alternative; boundary="cc"',
        '',
        '--cc',
        ...TEXT,
        '--cc',
        `Content-Type: text/calendar; charset="UTF-8"; method=${method}`,
        BASE64,
        '',
        base64(event(method)),
        '--cc--',
        '--mm',
        'Content-Type: application/ics; name="invite.ics"',
        'Content-Disposition: attachment; filename="invite.ics"',
        BASE64,
        '',
        base64(event(method)),
        '--mm--',
      ),
    ),
    ordinary(
      `calendar: ${method} with a file`,
      attachedFile(
        'meeting.ics',
        event(method, ['ATTACH;FMTTYPE=application/pdf;X-FILENAME=agenda.pdf;VALUE=BINARY;ENCODING=BASE64:JVBERi0x']),
        'text/calendar',
      ),
    ),
  ]);
}

const REPORTERS = ['reporter.test', 'mail.example', 'big-provider.example', 'isp.test'];
const XML = '<?xml version="1.0"?><feedback><report_metadata/></feedback>';

/** Reports of programs. */
function reportMail(): readonly OrdinaryMessage[] {
  return REPORTERS.flatMap((from, index) => {
    const name = `${from}!c.example.test!17675712${index}0!17676576${index}0`;
    return [
      ordinary(`report: DMARC of ${from} in gzip`, attachedFile(`${name}.xml.gz`, gzipSync(XML), 'application/gzip')),
      ordinary(
        `report: DMARC of ${from} in zip`,
        attachedFile(`${name}.zip`, zip({ name: `${name}.xml`, data: Buffer.from(XML) }), 'application/zip'),
      ),
      ordinary(
        `report: DMARC of ${from} alone`,
        single(
          [`Content-Type: application/zip; name="${name}.zip"`, `Content-Disposition: attachment; filename="${name}.zip"`, BASE64],
          [base64(zip({ name: `${name}.xml`, data: Buffer.from(XML) }))],
        ),
      ),
      ordinary(
        `report: TLS of ${from}`,
        multipartOf(
          'Content-Type: multipart/report; report-type="tlsrpt"; boundary="tt"',
          '--tt',
          ...TEXT,
          '--tt',
          `Content-Type: application/tlsrpt+gzip; name="${name}!001.json.gz"`,
          `Content-Disposition: attachment; filename="${name}!001.json.gz"`,
          BASE64,
          '',
          base64(gzipSync('{}')),
          '--tt--',
        ),
      ),
      ordinary(
        `report: abuse of ${from}`,
        multipartOf(
          'Content-Type: multipart/report; report-type=feedback-report; boundary="tt"',
          '--tt',
          ...TEXT,
          '--tt',
          'Content-Type: message/feedback-report',
          '',
          'Feedback-Type: abuse',
          `User-Agent: ${from}/1`,
          'Version: 1',
          'Original-Rcpt-To: <x@y.test>',
          '--tt',
          'Content-Type: message/rfc822',
          'Content-Disposition: inline',
          '',
          attachedFile('report.pdf', PDF),
          '--tt--',
        ),
      ),
      ordinary(
        `report: read, to ${from}`,
        multipartOf(
          'Content-Type: multipart/report; report-type=disposition-notification; boundary="tt"',
          '--tt',
          ...TEXT,
          '--tt',
          'Content-Type: message/disposition-notification',
          '',
          `Reporting-UA: ${from}; mail`,
          'Final-Recipient: rfc822;x@y.test',
          'Disposition: manual-action/MDN-sent-manually; displayed',
          '--tt',
          'Content-Type: text/rfc822-headers',
          '',
          'Subject: tool.exe',
          'Content-Type: application/zip; name="a.zip"',
          '--tt--',
        ),
      ),
    ];
  });
}

const BOXES = ['cron', 'logwatch', 'backup', 'raid', 'monitoring', 'certificate', 'package upgrades'];
const jobs = (): readonly OrdinaryMessage[] =>
  BOXES.flatMap((job) => [
    ordinary(
      `job: ${job}`,
      single(
        ['Content-Type: text/plain; charset=ANSI_X3.4-1968', `X-Cron-Env: <SHELL=/bin/sh>`],
        [`${job}: done, see setup.exe and begin 7 days of tests`],
      ),
    ),
    ordinary(`job: ${job}, no type`, lines(`Subject: ${job}`, '', 'begin 644 times', 'done')),
    ordinary(`job: ${job}, an empty file`, attachedFile(`${job}.log.gz`, Buffer.alloc(0))),
    ordinary(`job: ${job}, a packed log`, attachedFile(`${job}-2026-01-05.log.gz`, gzipSync('line\n'.repeat(500)))),
  ]);

/** Names that cameras, phones, printers and scanners give. */
const DEVICES: readonly (readonly [device: string, type: string, name: string])[] = [
  ['phone', 'image/jpeg', 'IMG_0042.jpeg'],
  ['phone', 'image/heic', 'IMG_0043.HEIC'],
  ['phone', 'video/quicktime', 'IMG_0044.MOV'],
  ['phone', 'audio/amr', 'Recording.amr'],
  ['phone', 'text/vcard', 'Anna.vcf'],
  ['phone', 'image/png', 'Screenshot_2026-01-05-10-00-00_com.example.app.png'],
  ['phone', 'application/octet-stream', 'PXL_20260105.jpg'],
  ['voice mail', 'audio/wav', 'msg0001.WAV'],
  ['fax', 'image/tiff', 'fax00001.tif'],
  ['printer', 'application/pdf', 'DOC260105-20260105100000.pdf'],
  ['printer', 'application/octet-stream', '20260105100000.pdf'],
  ['scanner', 'image/tiff', 'Scan0001.TIF'],
  ['scanner', 'application/pdf', 'scan.of.www.shop.com.pdf'],
  ['scanner', 'image/jpeg', 'SKM_C25826010510000.jpg'],
];

function deviceMail(): readonly OrdinaryMessage[] {
  return DEVICES.flatMap(([device, type, name]) => {
    const content = type.endsWith('pdf') ? PDF : JPEG;
    return [
      ordinary(
        `${device}: ${name}`,
        attached(
          [
            `Content-Type: ${type};`,
            `\tname="${name}"`,
            BASE64,
            `Content-Disposition: attachment; filename="${name}"; size=${content.length}`,
          ],
          [base64(content)],
        ),
      ),
      ordinary(
        `${device}: ${name}, inline`,
        attached(
          [
            `Content-Type: ${type}; name=${name}; x-unix-mode=0644`,
            BASE64,
            `Content-Disposition: inline; filename=${name}`,
            'Content-ID: <1@device.test>',
          ],
          [base64(content)],
        ),
      ),
      ordinary(
        `${device}: ${name}, alone`,
        single(
          [`Content-Type: ${type}; name="${name}"`, BASE64, `Content-Disposition: attachment; filename="${name}"`, 'X-Mailer: device'],
          [base64(content)],
        ),
      ),
      ordinary(
        `${device}: ${name}, in long lines`,
        attached(
          [`Content-Type: ${type}; name="${name}"`, 'Content-transfer-encoding: base64;', `Content-Description: ${name}`],
          [content.toString('base64')],
        ),
      ),
    ];
  });
}

/** Mail of every day: signed and encrypted, calendars, reports, jobs, phones, printers and scanners. */
export function everydayMail(): readonly OrdinaryMessage[] {
  return [...signedMail(), ...calendarMail(), ...reportMail(), ...jobs(), ...deviceMail()];
}
