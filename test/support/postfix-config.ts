/** What an instance of Postfix is told. Paths are absolute. */
export interface PostfixConfig {
  readonly folder: string;
  /** Port of mx on 127.0.0.1; everything but mail to the sender's own domain goes there. */
  readonly relayPort: number;
  /** `encrypt` insists on STARTTLS, `none` never uses it. */
  readonly tls: 'encrypt' | 'none';
  /** Who owns the mailbox that bounces go to. */
  readonly mailboxUid: number;
  readonly mailboxGid: number;
  /** Further parameters, or others instead of ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The domain of the senders, whose mail this Postfix delivers itself: bounces end there. */
export const SENDER_DOMAIN = 'sender.test';

/** `main.cf`: nothing of the machine's own configuration, no chroot, no network but the loopback. */
export function renderMainCf(config: PostfixConfig): string {
  const { folder } = config;
  const settings = {
    compatibility_level: '3.6',
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    shlib_directory: '/usr/lib/postfix',
    meta_directory: '/etc/postfix',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: 'client.test',
    mydestination: '',
    alias_maps: '',
    local_recipient_maps: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtp_dns_support_level: 'disabled',
    smtp_tls_security_level: config.tls,
    relayhost: `[127.0.0.1]:${config.relayPort}`,
    virtual_mailbox_domains: SENDER_DOMAIN,
    virtual_mailbox_base: `${folder}/mail`,
    virtual_mailbox_maps: 'static:bounces/',
    virtual_uid_maps: `static:${config.mailboxUid}`,
    virtual_gid_maps: `static:${config.mailboxGid}`,
    virtual_minimum_uid: '1',
    maillog_file: `${folder}/log`,
    maillog_file_prefixes: folder,
    // What is delayed is tried again while the test still waits.
    queue_run_delay: '1s',
    minimal_backoff_time: '1s',
    maximal_backoff_time: '2s',
    ...config.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

// Name, type, private, unprivileged, chroot, wake-up, process limit, command (master(5)).
const SERVICES = [
  'pickup unix n - n 1 1 pickup',
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 1 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'trace unix - - n - 0 bounce',
  'verify unix - - n - 1 verify',
  'flush unix n - n 1000? 0 flush',
  'proxymap unix - - n - - proxymap',
  'proxywrite unix - - n - 1 proxymap',
  'smtp unix - - n - - smtp',
  'relay unix - - n - - smtp',
  'showq unix n - n - - showq',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'discard unix - - n - - discard',
  'virtual unix - n n - - virtual',
  'tlsproxy unix - - n - 0 tlsproxy',
  'scache unix - - n - 1 scache',
  'postlog unix-dgram n - n - 1 postlogd',
];

/** `master.cf`: what sending and bouncing needs; nothing listens on a port. */
export function renderMasterCf(): string {
  return `${SERVICES.join('\n')}\n`;
}
