import { tmpdir } from 'node:os';
import { matchClient, openJournal, policySettings, StartProblem } from '@vratny/adapters';
import type { Site } from '@vratny/config';
import { hostId } from '@vratny/hosts';
import { createByteBudget } from '@vratny/message';
import { policyOf } from '@vratny/policy';
import type { ServerLimits, ServerOptions, TlsSettings } from '@vratny/server';
import { type Address, parseAddress } from '@vratny/smtp';
import type { Flags } from './flags.ts';
import type { SiteText } from './messages.ts';
import { openParts } from './open-parts.ts';
import { readSiteText } from './site-text.ts';

/** Everything a worker serves with, and how to put it away. */
export interface Assembly {
  readonly options: ServerOptions;
  close(): Promise<void>;
}

/** Site and flags -> adapters -> plain options. Nothing below knows that a site file exists. @throws StartProblem, DirectoryFault */
export async function assemble(
  text: SiteText,
  flags: Flags,
  tls: TlsSettings | undefined,
  crowded: (ip: string) => boolean,
): Promise<Assembly> {
  const site = readSiteText(text);
  const policy = policyOf(flags.host);
  if (!policy) throw new StartProblem(`host ${hostId(flags.host)} judges no mail`);
  const now = () => new Date();
  const settings = policySettings(site, flags.host);
  const postmaster = postmasterOf(site);
  const journal = openJournal({ stream: process.stderr, now });
  const parts = await openParts(site, policy, settings.hostName, journal);
  const options: ServerOptions = {
    ports: parts.ports,
    delivery: parts.delivery,
    usage: parts.usage,
    greylist: parts.greylist,
    ledger: parts.ledger,
    lease: parts.lease,
    host: flags.host,
    policy,
    settings,
    limits: limitsOf(site),
    journal,
    inFlight: createByteBudget(site.limits.messagesInFlight),
    spoolDirectory: site.spool ?? tmpdir(),
    postmaster,
    tls,
    panelUrl: site.panel?.url,
    crowded,
    proxies: matchClient(site.proxy.networks),
    now,
    monotonicMs: () => performance.now(),
  };
  const close = async () => {
    await parts.close();
    await journal.close();
  };
  return { options, close };
}

function limitsOf({ limits }: Site): ServerLimits {
  return {
    messageMaxBytes: limits.message,
    recipientsMax: limits.recipients,
    connectionsMax: limits.connections,
    connectionsPerIpMax: limits.connectionsPerIp,
    failedRecipientsMax: limits.failedRecipients,
  };
}

function postmasterOf({ postmaster }: Site): Address {
  const address = parseAddress(postmaster, { utf8: true });
  if (typeof address === 'string') throw new StartProblem(`postmaster: ${postmaster} is no mail address`);
  return address;
}
