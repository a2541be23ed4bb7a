import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { styleText } from 'node:util';
import { describeError } from '@vratny/text';
import { withDeadline } from '@vratny/waiting';
import type { Ports } from './ports.ts';

const programOf = (name: string) => join(import.meta.dirname, '..', '..', name, 'src', 'main.ts');
const READY_MS = 60_000;
const STOP_MS = 70_000;

/** A running host of the demo. */
export interface DemoHost {
  readonly id: string;
  /** Resolves with what it said when it ended without being asked to. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Starts all hosts at once, and shows by `say` what they decide; `failure` says why one of them did not start. */
export async function startHosts(
  where: { readonly directory: string; readonly site: string; readonly ports: Ports; readonly panelUrl: string | undefined },
  say: (line: string) => void,
): Promise<{ readonly running: readonly DemoHost[]; readonly failure?: string }> {
  const tell = (id: string, json: string) => {
    const line = eventLine(id, json, where.panelUrl);
    if (line !== undefined) say(line);
  };
  const started = await Promise.allSettled(
    Object.entries(where.ports).map(([id, port]) =>
      startProgram(
        { id, args: [programOf('mx'), '--config', where.site, '--host', id, '--listen', `127.0.0.1:${port}`, '--workers', '1'], ...where },
        tell,
      ),
    ),
  );
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (!failed) return { running };
  return { running, failure: describeError(failed.reason) };
}

/** Starts the panel. Without it mail goes on as before, so that it is no failure when it does not start: undefined then, and why is shown. */
export async function startPanel(
  where: { readonly directory: string; readonly site: string },
  say: (line: string) => void,
): Promise<DemoHost | undefined> {
  try {
    return await startProgram({ id: 'panel', args: [programOf('panel'), '--config', where.site], ...where }, (id, line) =>
      say(`${id}  ${line}`),
    );
  } catch (error) {
    say(describeError(error));
    return undefined;
  }
}

/** Starts one program and waits until it listens. What it writes to standard error goes to its file in `log`, each line also to `onEvent`. */
async function startProgram(
  where: { readonly id: string; readonly args: readonly string[]; readonly directory: string },
  onEvent: (id: string, line: string) => void,
): Promise<DemoHost> {
  // Its own process group: Ctrl-C reaches the demo alone, which then stops everything in order.
  const child = spawn(process.execPath, where.args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const log = createWriteStream(join(where.directory, 'log', `${where.id}.jsonl`), { flags: 'a' });
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.write(`${line}\n`);
    if (!line.startsWith('{')) last = line;
    onEvent(where.id, line);
  });
  const gone = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(last || `it ended with ${signal ?? code}`)));
  try {
    await ready(child, gone, where.id);
  } catch (error) {
    await stop(child, gone);
    throw error;
  }
  return { id: where.id, ended: gone, stop: () => stop(child, gone) };
}

function ready(child: ChildProcess, gone: Promise<string>, id: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (child.stdout) createInterface({ input: child.stdout }).once('line', () => resolve());
  void gone.then((why) => reject(new Error(`${id} did not start: ${why}`)));
  return withDeadline(promise, READY_MS, () => {
    throw new Error(`${id} was not ready within ${READY_MS / 1000} s`);
  });
}

async function stop(child: ChildProcess, gone: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** One line for a person about an event of a host's journal; undefined for what only machines want. */
function eventLine(host: string, json: string, panelUrl: string | undefined): string | undefined {
  const event = parse(json);
  if (!event) return json.startsWith('{') ? undefined : `${host}  ${json}`;
  const reply = textOf(event['reply']);
  // A retry, the sender of which did not read its first 250, brings no new copy.
  const word = Array.isArray(event['stored']) && event['stored'].length === 0 ? 'had it ' : 'stored ';
  if (event['kind'] === 'delivery' && reply.startsWith('2')) return `${host}  ${paint('green', word)}  ${who(event)}`;
  if (event['kind'] === 'fault') return `${host}  ${paint('yellow', 'fault')}    ${textOf(event['where'])}: ${textOf(event['detail'])}`;
  const isDecision = event['kind'] === 'decision' || event['kind'] === 'delivery';
  const page = panelUrl === undefined || !isDecision ? '' : `\n     why:      ${panelUrl}/r/${textOf(event['id'])}`;
  if (reply.startsWith('5')) return `${host}  ${paint('red', 'refused')}  ${who(event)}: ${reply}${page}`;
  if (reply.startsWith('4')) return `${host}  ${paint('yellow', 'delayed')}  ${who(event)}: ${reply}${page}`;
  return undefined;
}

function who(event: Readonly<Record<string, unknown>>): string {
  const recipients = Array.isArray(event['recipients']) ? event['recipients'].join(', ') : '';
  return `<${textOf(event['sender'])}> -> ${recipients || 'nobody'}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function paint(colour: 'green' | 'yellow' | 'red', text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}
