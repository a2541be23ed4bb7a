import { join } from 'node:path';
import { findFreePort } from '@vratny/daemons';
import { tryPort } from './ports.ts';

/** The longest path of a Unix socket on every system that we know: `sun_path` of sockaddr_un(3), without its NUL. Linux has 4 more. */
export const SOCKET_PATH_MAX = 103;
/** Where clamd's socket lies in the demo's folder. */
const CLAMD_SOCKET = 'clamav/clamd.ctl';
/** Ports that the demo would like; not those of the packages, which may run on the same machine. */
const CLAMD_PORT = 3311;
const RSPAMD_PORT = 11343;

/** Where the scanners of the demo listen, as the site file writes it. */
export interface ScannerAddresses {
  readonly clamd: string;
  readonly rspamd: string;
}

/** Chooses addresses for a demo folder; a socket whose path would be too long becomes a port. */
export async function chooseScannerAddresses(directory: string): Promise<ScannerAddresses> {
  const port = async (wish: number) => (await tryPort(wish)) ?? (await findFreePort());
  const fits = Buffer.byteLength(join(directory, CLAMD_SOCKET)) <= SOCKET_PATH_MAX;
  const clamd = fits ? `unix:./${CLAMD_SOCKET}` : `tcp://127.0.0.1:${await port(CLAMD_PORT)}`;
  return { clamd, rspamd: `http://127.0.0.1:${await port(RSPAMD_PORT)}` };
}
