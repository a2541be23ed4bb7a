import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ClamdAddress } from '@vratny/scanner/clamd';
import type { Cancellation } from '@vratny/waiting';
import { findProgram } from './find-program.ts';
import { waitUntilServing } from './keep-daemon.ts';
import { PING_MS } from './limits.ts';
import { type RunningProgram, startProgram } from './running-program.ts';

/** A clamd in a folder of its own, with the configuration that we ship. */
export interface ClamdFolder {
  /** It holds the configuration, the log and what is unpacked; made when it is missing. An absolute path. */
  readonly folder: string;
  /** Where it listens: at most one address of each kind, and at least one. */
  readonly listen: readonly ClamdAddress[];
  /** The folder of its signatures. */
  readonly signatures: string;
  /** Lines of its configuration that win over all others. */
  readonly settings?: ClamdSettings;
  /** Ends the waiting for it, and then it as well. */
  readonly signal?: Cancellation;
}

/** Starts one; resolves when it serves. Rejects when it does not, with its log in the message. */
export async function startClamd({ folder, listen, signatures, settings, signal }: ClamdFolder): Promise<RunningProgram> {
  const inFolder = (name: string) => join(folder, name);
  const [first] = listen;
  if (first === undefined) throw new Error('clamd was given no address to listen on');
  mkdirSync(folder, { recursive: true });
  const own = { ...listening(listen), ...places(inFolder), DatabaseDirectory: signatures };
  writeFileSync(inFolder('clamd.conf'), withSettings(shippedClamdConf(), { ...own, ...settings }));
  rmSync(inFolder('clamd.log'), { force: true });
  const program = startProgram(findProgram('clamd') ?? 'clamd', ['--config-file', inFolder('clamd.conf')]);
  const serves = async () => (await commandClamd(first, 'PING').catch(() => '')) === 'PONG';
  return waitUntilServing({ name: 'clamd', program, serves, logFile: inFolder('clamd.log'), signal });
}

function listening(addresses: readonly ClamdAddress[]): ClamdSettings {
  const unix = addresses.find((one) => one.kind === 'unix');
  const tcp = addresses.find((one) => one.kind === 'tcp');
  return { LocalSocket: unix?.path, LocalSocketMode: unix && '660', TCPSocket: tcp && String(tcp.port), TCPAddr: tcp?.host };
}

function places(inFolder: (name: string) => string): ClamdSettings {
  return {
    PidFile: inFolder('clamd.pid'),
    LogFile: inFolder('clamd.log'),
    LogSyslog: 'no',
    LogFacility: undefined,
    TemporaryDirectory: inFolder(''),
    // It stays who we are.
    User: undefined,
    Foreground: 'yes',
  };
}

/**
 * Sends one of clamd's simple commands (`PING`, `RELOAD`) and returns its reply. Rejects when there is none within two
 * seconds.
 */
export function commandClamd(address: ClamdAddress, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port });
    let reply = '';
    socket.setTimeout(PING_MS, () => socket.destroy(new Error(`no reply to ${name}`)));
    socket.setEncoding('latin1').on('data', (text: string) => {
      // Replies to simple commands are short; a stranger on that port may say anything.
      if (reply.length < 1024) reply += text;
    });
    socket.once('error', reject).once('end', () => resolve(reply.replace(/\0$/u, '')));
    socket.once('close', () => reject(new Error(`no reply to ${name}`)));
    socket.write(`z${name}\0`);
  });
}

/** Lines of clamd.conf by option; undefined takes an option away. */
export type ClamdSettings = Readonly<Record<string, string | undefined>>;

/** The configuration that we ship. */
export function shippedClamdConf(): string {
  return readFileSync(join(import.meta.dirname, '..', '..', '..', 'deploy', 'clamav', 'clamd.conf'), 'utf8');
}

/** A configuration with some of its options replaced: what is not named here stays as it is shipped. */
export function withSettings(text: string, settings: ClamdSettings): string {
  const kept = text.split('\n').filter((line) => {
    const option = line.split(' ')[0] ?? '';
    return !line.startsWith('#') && option !== '' && !(option in settings);
  });
  const added = Object.entries(settings).flatMap(([option, value]) => (value === undefined ? [] : [`${option} ${value}`]));
  return [...kept, ...added, ''].join('\n');
}
