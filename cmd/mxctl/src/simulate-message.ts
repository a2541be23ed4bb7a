import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import {
  explainFileError,
  openAntispam,
  openAntivirus,
  openDelivery,
  openDirectory,
  openDns,
  openDnsbl,
  policySettings,
  StartProblem,
} from '@vratny/adapters';
import { readerWasm } from '@vratny/adapters/reader-wasm';
import { createMemoryArchives } from '@vratny/archive/memory';
import type { Site } from '@vratny/config';
import { findHost, type Host, type Letter, type Role } from '@vratny/hosts';
import { type Content, createGate, createSpool, type GateProblems, SpoolFault } from '@vratny/message';
import { type AttachmentRow, attachments, attachmentTree, type Policy, policyOf, simulate, type Visit } from '@vratny/policy';
import type { Address, ReversePath } from '@vratny/smtp';
import { createMemoryState } from '@vratny/state/memory';
import { EXIT } from './exit-codes.ts';
import type { Explanation } from './explanation.ts';

/** What is said about the message and its client. */
export interface SimulatedMail {
  readonly policy: Letter;
  readonly role: Role;
  readonly client: string;
  readonly helo: string;
  /** In an object: commander makes an empty text out of null. */
  readonly from: { readonly sender: ReversePath };
  readonly to: Address;
}

/** Who decides. */
interface Judge {
  readonly host: Host;
  readonly policy: Policy;
}

/** The host of that letter and role; undefined when none judges mail. */
export function hostOf({ policy: letter, role }: SimulatedMail): Judge | undefined {
  const host = findHost(letter, role);
  const policy = host && policyOf(host);
  return host && policy && { host, policy };
}

/** Runs the decisions of a host on a message that nobody sends. @throws StartProblem */
export async function simulateMessage(
  site: Site,
  { host, policy }: Judge,
  options: SimulatedMail,
  { file, now }: { file: string; now: () => Date },
): Promise<Explanation> {
  const settings = policySettings(site, host);
  const message = await readMessage(file, { directory: site.spool ?? tmpdir(), maxBytes: site.limits.message });
  await using parts = new AsyncDisposableStack();
  parts.defer(() => message.content.discard());
  const delivery = parts.adopt(await openDelivery(site, { hostName: settings.hostName, now }), (one) => one.close());
  const directory = parts.adopt(await openDirectory(site, { delivery }), (one) => one.close());
  const archives = parts.adopt(createMemoryArchives({ wasm: readerWasm() }), (one) => one.close());
  const antivirus = parts.adopt(await openAntivirus(site), (one) => one.close());
  const antispam = parts.adopt(await openAntispam(site), (one) => one.close());
  const dns = await openDns(site);
  const dnsbl = parts.adopt(await openDnsbl(site, dns, { now }), (one) => one.close());
  const mail = {
    settings,
    host,
    client: { ip: options.client },
    helo: { verb: 'EHLO' as const, name: options.helo },
    tls: undefined,
    sender: options.from.sender,
    parameters: { body: '8bitmime' as const, utf8: false, sizeBytes: message.content.sizeBytes },
    startedAt: now(),
  };
  const simulated = { mail, recipient: options.to, message: { ...message, id: 'explain', receivedAt: now() } };
  // A contact in a memory of its own: a simulation greylists nobody, and lets nobody through.
  const state = parts.adopt(createMemoryState(), (one) => one.close());
  let seen: readonly AttachmentRow[] = [];
  const watch = (visit: Visit<'message'>) => {
    const found = visit.peek(attachments);
    if (found?.known === true) seen = attachmentTree(found.value);
  };
  const gathering = {
    ports: {
      dns,
      dnsbl,
      directory,
      delivery,
      greylist: state.greylist,
      counters: state.counters,
      archives,
      antivirus,
      antispam,
      clock: now,
    },
    monotonicMs: () => performance.now(),
  };
  const judgements = await simulate(policy, simulated, gathering, watch);
  return { policy, judgements, attachments: seen };
}

/** A message as mx has it after the final dot. */
interface ReadMessage {
  readonly content: Content;
  readonly gate: GateProblems & { readonly oversize: boolean };
}

/** Reads a message through the same gate and spool as mx; `-` is standard input. @throws StartProblem */
async function readMessage(file: string, spooling: { readonly directory: string; readonly maxBytes: number }): Promise<ReadMessage> {
  const gate = createGate();
  const spool = createSpool({ directory: spooling.directory });
  let room = spooling.maxBytes;
  let oversize = false;
  const take = async (bytes: Buffer) => {
    oversize ||= bytes.length > room;
    room -= bytes.length;
    if (!oversize && bytes.length > 0) await spool.write(bytes);
  };
  try {
    const input = file === '-' ? process.stdin : createReadStream(file);
    for await (const chunk of input) await take(gate.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))));
    await take(gate.end());
  } catch (error) {
    await spool.abort();
    if (error instanceof SpoolFault) throw new StartProblem(`${spooling.directory}: ${error.message}`, EXIT.temporary, { cause: error });
    throw new StartProblem(`${file}: ${explainFileError(error)}`, EXIT.input, { cause: error });
  }
  return { content: await spool.finish(), gate: { ...gate.problems, oversize } };
}
