import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/**
 * A name in xar's table of contents may be in Base64 (`enctype="base64"`): 7-Zip reports the digits, libarchive the
 * name.
 */
const BASE64 = /^(?:[a-z0-9+/]{4})+(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$|^[a-z0-9+/]{2,3}={1,2}$/iu;

/** Apple's xar, also in installers (`.pkg`). */
export const xar: Format = {
  kind: 'xar',
  extensions: ['xar'],
  find: signAt('xar!\0'),
  read: (archive) =>
    readWithSevenZip(archive, {
      type: 'Xar',
      listed({ path }) {
        const decoded = decodedName(path);
        if (decoded !== undefined) archive.add({ name: decoded });
      },
    }),
};

/**
 * Base64 may contain slashes, so every way to split the path into folder and name is tried, the longest name first.
 */
function decodedName(path: string): string | undefined {
  for (let at = 0; at !== -1; at = path.indexOf('/', at + 1)) {
    const name = path.slice(at === 0 ? 0 : at + 1);
    const text = BASE64.test(name) ? Buffer.from(name, 'base64').toString() : '';
    if (/^[^\u0000-\u001f\ufffd]+$/u.test(text)) return text;
  }
  return undefined;
}
