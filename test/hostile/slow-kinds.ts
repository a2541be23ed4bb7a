/** Kinds of clients that cost a server a connection and next to nothing else. */
export const SLOW_KINDS = ['silent', 'command', 'data', 'tls', 'unread'] as const;
export type SlowKind = (typeof SLOW_KINDS)[number];

/** What each of them does, in words. */
export const SLOW_KIND_TEXT: Readonly<Record<SlowKind, string>> = {
  silent: 'silent at the greeting',
  command: 'an octet each 10 s in a command',
  data: 'an octet a second in DATA',
  tls: 'a TLS handshake that is not finished',
  unread: 'commands whose replies are never read',
};
