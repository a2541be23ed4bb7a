import { LETTERS, type Letter } from '@vratny/hosts';

/** A domain for each letter; `example.test` is the one people meet first. */
export const DOMAINS: Readonly<Record<Letter, string>> = {
  a: 'a.example.test',
  b: 'b.example.test',
  c: 'c.example.test',
  d: 'example.test',
};

/** Every demo domain has this mailbox. */
export const MAILBOX = 'alice';

/** A mailbox of `example.test` that has antispam on. */
export const ANTISPAM_MAILBOX = 'spamfree';

/** The domains in the order of their letters. */
export const DOMAIN_LIST: readonly { readonly letter: Letter; readonly domain: string }[] = LETTERS.map((letter) => ({
  letter,
  domain: DOMAINS[letter],
}));

/** A client that stands on it; on loopback anybody can be this address. */
export const LISTED_CLIENT = '127.0.0.9';
