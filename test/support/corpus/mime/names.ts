import { attached, BASE64, type CorpusCase } from '../case.ts';

/** A part whose Content-Disposition has these parameters. */
const disposition = (imitates: string, parameters: string): CorpusCase => ({
  imitates: `disposition: ${imitates}`,
  message: attached(['Content-Type: application/octet-stream', BASE64, `Content-Disposition: attachment; ${parameters}`]),
});

/** A part whose Content-Type has these parameters, and no Content-Disposition. */
const type = (imitates: string, parameters: string): CorpusCase => ({
  imitates: `type: ${imitates}`,
  message: attached([`Content-Type: application/octet-stream; ${parameters}`, BASE64]),
});

/** A part with these header lines. */
const part = (imitates: string, ...header: readonly string[]): CorpusCase => ({
  imitates: `fields: ${imitates}`,
  message: attached([...header, BASE64]),
});

const OCTETS = 'Content-Type: application/octet-stream';

/** How mail programs and attackers write the name of an attachment. */
export const NAMES: readonly CorpusCase[] = [
  disposition('quoted', 'filename="run.exe"'),
  disposition('a token', 'filename=run.exe'),
  disposition('an upper-case parameter', 'FILENAME="run.exe"'),
  disposition('white space around the equals sign', 'filename = "run.exe"'),
  disposition('a comment before the value', 'filename=(a comment)"run.exe"'),
  disposition('a comment inside the field', '(; filename="a.txt") filename="run.exe"'),
  disposition('a token with a space, unquoted', 'filename=my run.exe'),
  disposition('a quoted string that does not end', 'filename="run.exe'),
  disposition('single quotes', "filename='run.exe'"),
  disposition('quoted pairs', 'filename="run\\.\\e\\x\\e"'),
  disposition('an escaped quote at the end', 'filename="run.exe\\""'),
  disposition('a fold before the parameter', '\r\n\tfilename="run.exe"'),
  disposition('a fold inside the value', 'filename="ru\r\n n.exe"'),
  disposition('a fold inside the extension', 'filename="run.e\r\n xe"'),
  disposition('several semicolons', ';; ; filename="run.exe";'),
  disposition('no semicolon between parameters', 'size=12 filename="run.exe"'),
  disposition('a name behind other parameters', 'creation-date="Mon, 1 Jan 2026 00:00:00 +0000"; size=12; filename="run.exe"'),
  disposition('two names, the second forbidden', 'filename="a.txt"; filename="run.exe"'),
  disposition('two names, the first forbidden', 'filename="run.exe"; filename="a.txt"'),
  disposition('RFC 2231 with a character set', "filename*=utf-8''run.exe"),
  disposition('RFC 2231 with percent signs', "filename*=utf-8''%72%75%6e%2e%65%78%65"),
  disposition('RFC 2231 without a character set', "filename*=''run%2Eexe"),
  disposition('RFC 2231 without quotes', 'filename*=run%2Eexe'),
  disposition('RFC 2231 quoted', 'filename*="utf-8\'\'run%2Eexe"'),
  disposition('RFC 2231 beside a harmless plain name', 'filename="a.txt"; filename*=utf-8\'\'run.exe'),
  disposition('a plain name beside a harmless RFC 2231 one', 'filename="run.exe"; filename*=utf-8\'\'a.txt'),
  disposition('RFC 2231 sections', 'filename*0="run"; filename*1=".e"; filename*2="xe"'),
  disposition('RFC 2231 sections out of order', 'filename*2="xe"; filename*0="run"; filename*1=".e"'),
  disposition('RFC 2231 sections, the first encoded', "filename*0*=utf-8''r%75n; filename*1=.exe"),
  disposition('RFC 2231 sections, all encoded', "filename*0*=utf-8''run; filename*1*=%2e; filename*2*=%65xe"),
  disposition('RFC 2231 sections that begin at 1', 'filename*1="run."; filename*2="exe"'),
  disposition('RFC 2231 sections with leading zeros', 'filename*00="run."; filename*01="exe"'),
  disposition('RFC 2231 with a section missing', 'filename*0="run"; filename*2=".exe"'),
  disposition('RFC 2231 with a section twice', 'filename*0="a.txt"; filename*0="run"; filename*1=".exe"'),
  disposition('RFC 2231 in UTF-7', "filename*=utf-7''run+AC4-exe"),
  disposition('RFC 2231 in UTF-16', "filename*=utf-16be''%00r%00u%00n%00.%00e%00x%00e"),
  disposition('RFC 2047 in quotes (base64)', 'filename="=?utf-8?B?cnVuLmV4ZQ==?="'),
  disposition('RFC 2047 in quotes (Q)', 'filename="=?utf-8?Q?run=2Eexe?="'),
  disposition('RFC 2047 without quotes', 'filename==?utf-8?B?cnVuLmV4ZQ==?='),
  disposition('RFC 2047 in two words', 'filename="=?utf-8?Q?run?= =?utf-8?Q?=2Eexe?="'),
  disposition('RFC 2047 in two folded words', 'filename="=?utf-8?B?cnVu?=\r\n =?utf-8?B?LmV4ZQ==?="'),
  disposition('RFC 2047 for a part of the name', 'filename="run.=?utf-8?Q?exe?="'),
  disposition('RFC 2047 of RFC 2047', 'filename="=?utf-8?B?PT91dGYtOD9CP2NuVnVMbVY0WlE9PT89?="'),
  disposition('RFC 2047 inside RFC 2231', "filename*=utf-8''%3D%3Futf-8%3FB%3FcnVuLmV4ZQ%3D%3D%3F%3D"),
  disposition('RFC 2047 in ISO-2022-JP', 'filename="=?iso-2022-jp?B?GyRCRnxLXBsoQi5leGU=?="'),
  disposition('RFC 2047 with an unknown character set', 'filename="=?x-unknown?Q?run=2Eexe?="'),
  disposition('raw UTF-8', `filename="${Buffer.from('účet.exe').toString('latin1')}"`),
  disposition('percent signs in a plain name', 'filename="run%2Eexe"'),
  part('no disposition word', OCTETS, 'Content-Disposition: filename="run.exe"'),
  type('quoted', 'name="run.exe"'),
  type('a token', 'name=run.exe'),
  type('upper case', 'NAME=RUN.EXE'),
  type('RFC 2231', "name*=utf-8''run%2Eexe"),
  type('RFC 2231 sections', 'name*0=run.; name*1=exe'),
  type('RFC 2047', 'name="=?utf-8?Q?run.exe?="'),
  type('no media type at all', 'name="run.exe"'),
  part('a type without a subtype', 'Content-Type: application; name="run.exe"'),
  part('a name without a type', 'Content-Type: ; name="run.exe"'),
  part('a harmless disposition behind a forbidden name', `${OCTETS}; name="run.exe"`, 'Content-Disposition: attachment; filename="a.txt"'),
  part('a forbidden disposition behind a harmless name', `${OCTETS}; name="a.txt"`, 'Content-Disposition: attachment; filename="run.exe"'),
  part(
    'two Content-Dispositions, the second forbidden',
    OCTETS,
    'Content-Disposition: attachment; filename="a.txt"',
    'Content-Disposition: attachment; filename="run.exe"',
  ),
  part('two Content-Types, the first forbidden', `${OCTETS}; name="run.exe"`, `${OCTETS}; name="a.txt"`),
  part('an image by its type', 'Content-Type: image/png; name="run.exe"', 'Content-Disposition: inline; filename="run.exe"'),
  part('an image with an id, inline', 'Content-Type: image/png; name="run.exe"', 'Content-ID: <x@y>'),
  part('a text part with a name', 'Content-Type: text/plain; name="run.vbs"'),
  part('an HTML part with a name', 'Content-Type: text/html; name="page.hta"', 'Content-Disposition: inline'),
  part('a calendar with a name', 'Content-Type: text/calendar; method=REQUEST; name="run.js"'),
  part('a space before the colon', OCTETS, 'Content-Disposition : attachment; filename="run.exe"'),
  part('a fold before the value', OCTETS, 'Content-Disposition:\r\n attachment; filename="run.exe"'),
  part('a field name in odd case', OCTETS, 'cOnTeNt-dIsPoSiTiOn: attachment; filename="run.exe"'),
  part('a name in Content-Location', OCTETS, 'Content-Location: run.exe', 'Content-Disposition: attachment; filename="run.exe"'),
  part('an unknown disposition', OCTETS, 'Content-Disposition: x-unknown; filename="run.exe"'),
  part('a line that is no field in front', 'this is no field', OCTETS, 'Content-Disposition: attachment; filename="run.exe"'),
];
