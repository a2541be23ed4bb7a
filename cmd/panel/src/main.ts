/** The program panel: for now the pages of receipts. */
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { connectSystemd, explainFailure, loadSite, openHistory, StartProblem, type Systemd, versionOf } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import type { Panel, Requests } from '@vratny/panel';
import { describeBug, describeError } from '@vratny/text';

const HELP = `Usage: panel --config FILE

Serves the pages of receipts: why a message was refused or delayed, for the person who sent it. It reads the history of the site
(key "history") and listens where the key "panel" says, in clear: put a web server with TLS before it.

Options:
  --config FILE   the site file
  --version       print the version
  -h, --help      print this help

Exit codes: 0 ended by SIGTERM or SIGINT, 64 usage, 75 try later (the address is taken, the file of requests is locked), 78 configuration.
`;

const EXIT = { fine: 0, usage: 64, bug: 70, later: 75, config: 78 } as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Errors of listen(2) that may be gone at another time. */
const LATER: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE']);

class UsageProblem extends StartProblem {
  constructor(message: string) {
    super(`${message}\nTry: panel --help`, EXIT.usage);
  }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    }).values;
  } catch (error) {
    throw new UsageProblem(describeError(error));
  }
}

async function run(args: readonly string[]): Promise<void> {
  const systemd = connectSystemd({ env: process.env, pid: process.pid });
  const flags = readFlags(args);
  if (flags.help) process.stdout.write(HELP);
  else if (flags.version) process.stdout.write(`${versionOf('panel')}\n`);
  else if (flags.config === undefined) throw new UsageProblem('--config is missing');
  else await serve(flags.config, await loadSite(flags.config), systemd);
}

async function serve(file: string, { panel: settings, history: kept }: Site, systemd: Systemd): Promise<void> {
  if (settings === undefined) throw new StartProblem(`${file}: has no panel; write for example  panel: { url: "https://panel.example" }`);
  if (kept === undefined) throw new StartProblem(`${file}: no history is kept; write for example  history: { url: "sqlite:./history" }`);
  // A signal may come while it starts.
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  const history = await openHistory(kept, { readOnly: true });
  const requests = settings.store === undefined ? undefined : await openRequests(settings.store.path);
  const { createPanel } = await import('@vratny/panel');
  const panel = createPanel({
    ...{ history, requests, url: settings.url, days: kept.days },
    proxies: settings.proxy.networks.map(({ address, prefix }) => `${address}/${prefix}`),
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    onFault: (detail) => void process.stderr.write(`panel: ${detail}\n`),
  });
  await listen(panel, settings.listen);
  const expiring = requests === undefined ? undefined : keepExpiring(requests, kept.days);
  systemd.ready('serves receipts');
  await asked;
  systemd.stopping();
  clearInterval(expiring);
  await panel.close();
  await requests?.close();
  await history.close();
}

async function openRequests(path: string): Promise<Requests> {
  const { isLocked, openSqliteRequests } = await import('@vratny/panel/requests/sqlite');
  try {
    return await openSqliteRequests(path);
  } catch (error) {
    const exitCode = isLocked(error) ? EXIT.later : EXIT.config;
    throw new StartProblem(`panel.store: ${path} cannot be opened: ${describeError(error)}`, exitCode, { cause: error });
  }
}

async function listen(panel: Panel, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const addressWith = (bound: number | string) => `${isIPv6(host) ? `[${host}]` : host}:${bound}`;
  try {
    // With port 0 any free one, which is said.
    const bound = new URL(await panel.listen({ host, port })).port;
    process.stdout.write(`listening on ${addressWith(bound || port)}\n`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new StartProblem(`cannot listen on ${addressWith(port)}: ${describeError(error)}`, LATER.has(code) ? EXIT.later : EXIT.config, {
      cause: error,
    });
  }
}

/** Requests live as long as the receipts that they are about. */
function keepExpiring(requests: Requests, days: number): NodeJS.Timeout {
  const expire = (): void => {
    requests.expire(new Date(Date.now() - (days + 1) * DAY_MS)).catch((error: unknown) => {
      process.stderr.write(`panel: old requests were not removed: ${describeError(error)}\n`);
    });
  };
  expire();
  return setInterval(expire, HOUR_MS);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  const failure = explainFailure(error) ?? { lines: [describeBug(error)], exitCode: EXIT.bug };
  for (const line of failure.lines) process.stderr.write(`panel: ${line}\n`);
  process.exitCode = failure.exitCode;
});
