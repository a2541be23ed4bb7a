import { readWithSevenZip } from '../seven-zip/read.ts';
import { type Format, signAt } from './format.ts';

/** xar's table of contents may keep a name so (`enctype="base64"`); 7-Zip shows the digits, libarchive the name. */
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
 * A digit of Base64 may be a slash, so every way to cut the path into folder and name is tried from the longest name
 * on.
 */
function decodedName(path: string): string | undefined {
  for (let at = 0; at !== -1; at = path.indexOf('/', at + 1)) {
    const name = path.slice(at === 0 ? 0 : at + 1);
    const text = BASE64.test(name) ? Buffer.from(name, 'base64').toString() : '';
    if (/^[^\u0000-\u001f\ufffd]+$/u.test(text)) return text;
  }
  return undefined;
}
