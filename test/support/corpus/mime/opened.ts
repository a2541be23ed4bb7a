import { attached, BASE64, type CorpusCase } from '../case.ts';

/** A file of this name, written as RFC 2231 wants it. */
function named(imitates: string, name: string): CorpusCase {
  const encoded = [...Buffer.from(name)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
  const sections = encoded.match(/.{1,60}/gu) ?? [];
  const parameters = sections.map((section, index) => `filename*${index}*=${index === 0 ? "utf-8''" : ''}${section}`);
  return {
    imitates: `opened: ${imitates}`,
    message: attached([
      'Content-Type: application/octet-stream',
      BASE64,
      `Content-Disposition: attachment;\r\n ${parameters.join(';\r\n ')}`,
    ]),
  };
}

/** Names that Windows, macOS and mail readers open as something else than they look like. */
export const OPENED: readonly CorpusCase[] = [
  ...[
    'bat',
    'chm',
    'cmd',
    'com',
    'cpl',
    'dll',
    'hlp',
    'hta',
    'jar',
    'js',
    'pif',
    'reg',
    'scr',
    'shs',
    'vbe',
    'vbs',
    'vxd',
    'wsf',
    'wsh',
  ].map((extension) => named(`the extension ${extension}`, `invoice.${extension}`)),
  named('two extensions', 'invoice.pdf.exe'),
  named('upper case', 'RUN.EXE'),
  named('mixed case', 'Run.ExE'),
  named('a trailing dot, which Windows drops', 'run.exe.'),
  named('trailing dots and spaces', 'run.exe. . .'),
  named('a trailing space', 'run.exe '),
  named('a trailing no-break space', 'run.exe\u00a0'),
  named('a trailing tab', 'run.exe\t'),
  named('a space in front of the extension', 'run .exe'),
  named('NUL behind the extension', 'run.exe\0.txt'),
  named('NUL inside the extension', 'run.e\0xe'),
  named('a stream of NTFS', 'run.exe::$DATA'),
  named('a named stream of NTFS', 'a.txt:run.exe'),
  named('a path of Windows', 'C:\\Windows\\run.exe'),
  named('a path of Unix', '/tmp/run.exe'),
  named('a path that climbs', '..\\..\\Startup\\run.exe'),
  named('a path with a slash behind it', 'run.exe/'),
  named('right-to-left override', 'invoice\u202efdp.exe'),
  named('right-to-left override inside the extension', 'run.\u202ee\u202cxe'),
  named('zero-width space inside the extension', 'run.e\u200bxe'),
  named('soft hyphen inside the extension', 'run.ex\u00ade'),
  named('byte order mark at the end', 'run.exe\ufeff'),
  named('a variation selector', 'run.exe\ufe0f'),
  named('full-width letters', 'run.\uff45\uff58\uff45'),
  named('a full-width dot', 'run\uff0eexe'),
  named('mathematical letters', 'run.\u{1d41e}\u{1d431}\u{1d41e}'),
  named('a one-dot leader', 'run\u2024exe'),
  named('a class of Windows', 'readme.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}'),
  named('a long name that is cut', `${'a'.repeat(251)}.exe.txt`),
  named('hundreds of spaces before the extension', `invoice.pdf${' '.repeat(200)}.exe`),
  named('nothing but the extension', '.exe'),
  named('quotes around it', '"run.exe"'),
  named('angle brackets around it', '<run.exe>'),
];
