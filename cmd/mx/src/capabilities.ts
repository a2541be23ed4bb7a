import { existsSync, readFileSync } from 'node:fs';

/** How to start a program. */
export interface Launch {
  readonly execPath: string;
  readonly execArgv: readonly string[];
}

/** Of util-linux, which every Debian has. */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];

/**
 * How to start a worker so that it has none of the capabilities that this process was given for its ports (CAP_NET_BIND_SERVICE, by
 * AmbientCapabilities, by setpriv, or by the file of node): workers read what strangers send. Root keeps what root has.
 */
export function launchWithoutCapabilities(
  node: Launch,
  status: string = readStatus(),
  uid: number = process.getuid?.() ?? 0,
): Launch | 'cannot' {
  if (uid === 0 || !holdsCapabilities(status)) return node;
  const setpriv = SETPRIV.find((path) => existsSync(path));
  if (setpriv === undefined) return 'cannot';
  // No new privileges: capabilities of the file of node would come back with it.
  const drop = ['--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs'];
  return { execPath: setpriv, execArgv: [...drop, node.execPath, ...node.execArgv] };
}

/** Whether what Linux says of a process (proc(5)) names any capability that it has. */
function holdsCapabilities(status: string): boolean {
  return [...status.matchAll(/^Cap(?:Eff|Prm|Amb):\s*([0-9a-f]+)$/gmu)].some(([, mask = '0']) => BigInt(`0x${mask}`) !== 0n);
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
