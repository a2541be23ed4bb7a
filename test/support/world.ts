import type { Register } from '@vratny/directory';
import { waitFor } from './wait-for.ts';

/** The world that all dialogues and stories play in: domains, mailboxes and DNS that never reach the real ones. */

/** Bounds low enough for a dialogue to meet them. */
export const WORLD_LIMITS = { message: '1MiB', recipients: 4, failedRecipients: 6 };

/** Octets of `small@example.test`. */
const SMALL_QUOTA_BYTES = 10 * 1024;
/** Octets of `full@example.test`, which is then given more than that. */
const FULL_QUOTA_BYTES = 4 * 1024;
/** Its store is out of order: a file stands where its folder should be, see `served.ts`. Known at RCPT it is not. */
export const BROKEN_MAILBOX = 'broken@example.test';
const ACTOR = 'test:world';
const DAY_MS = 86_400_000;

/**
 * Names below `test.` are answered from here alone. `behind.example.test` is on letter c while its MX records still name d10;
 * `b.example.test` and the others name their own hosts.
 */
export const ZONE = `
$TTL 300
test.                    IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
example.test.            IN MX 10 mx1d10.example.test.
a.example.test.          IN MX 10 mx1a10.example.test.
b.example.test.          IN MX 10 mx1b10.example.test.
c.example.test.          IN MX 10 mx1c10.example.test.
moved.example.test.      IN MX 10 mx1a10.example.test.
behind.example.test.     IN MX 10 mx1d10.example.test.
sender.test.             IN MX 10 mail.sender.test.
mail.sender.test.        IN A 192.0.2.25
a-only.test.             IN A 192.0.2.26
aaaa-only.test.          IN AAAA 2001:db8::26
text-only.test.          IN TXT "neither MX nor address"
null-mx.test.            IN MX 0 .
client.test.             IN A 127.0.0.1
strict.test.             IN MX 10 mail.sender.test.
strict.test.             IN TXT "v=spf1 -all"
spf-soft.test.           IN MX 10 mail.sender.test.
spf-soft.test.           IN TXT "v=spf1 ~all"
spf-away.test.           IN MX 10 mail.sender.test.
spf-away.test.           IN TXT "v=spf1 include:servfail.invalid -all"
sender.cz.               IN MX 10 mail.sender.test.
`;

/** A name that is not in the zone file, so that the failing resolver is asked. */
export const UNKNOWABLE_DOMAIN = 'servfail.invalid';

/** Puts the domains, mailboxes and aliases of the world into a directory. */
export async function seedWorld(register: Register, now: Date): Promise<void> {
  const domains = [
    ['example.test', 'd'],
    ['a.example.test', 'a'],
    ['b.example.test', 'b'],
    ['c.example.test', 'c'],
    ['moved.example.test', 'a'],
    ['behind.example.test', 'c'],
    // Ours, and not in the zone file.
    [UNKNOWABLE_DOMAIN, 'a'],
  ] as const;
  for (const [name, letter] of domains) {
    await register.addDomain(name, letter, ACTOR);
    await register.addMailbox(`alice@${name}`, {}, ACTOR);
    await register.addMailbox(`bob@${name}`, {}, ACTOR);
  }
  // Moved from a to d today: a10 still takes its mail, and so does d10.
  await register.setPolicy('moved.example.test', 'd', new Date(now.getTime() + DAY_MS), ACTOR);
  await register.addMailbox('full@example.test', {}, ACTOR);
  await register.addMailbox('small@example.test', { quotaBytes: SMALL_QUOTA_BYTES }, ACTOR);
  await register.addMailbox(BROKEN_MAILBOX, {}, ACTOR);
  await register.addMailbox('disabled@example.test', {}, ACTOR);
  await register.setEnabled('disabled@example.test', false, ACTOR);
  await register.addAlias('team@example.test', ['alice@example.test', 'bob@example.test'], ACTOR);
  await register.addAlias('crowd@example.test', ['alice@example.test', 'full@example.test'], ACTOR);
  await register.addMailbox('anything@b.example.test', {}, ACTOR);
  await register.addAlias('@b.example.test', ['anything@b.example.test'], ACTOR);
}

const FULL_MAILBOX_DOMAIN = 'example.test';
/** The only host where `full@example.test` is filled, because that needs a message. */
export const FULL_MAILBOX_HOST = 'd10';

/** A dialogue that puts more into `full@example.test` than {@link fillMailbox} then allows it. */
export const FILLING = `# Fills a mailbox
S: 220 ...
C: EHLO client.test
S*: 250-...
S: 250 ...
C: MAIL FROM:<a@sender.test>
S: 250 ...
C: RCPT TO:<full@example.test>
S: 250 ...
C: DATA
S: 354 ...
C: Subject: a lot
C:
C~ {lines "0123456789012345678901234567890123456789" 200}.
S: 250 ...
C: QUIT
S: 221 ...
`;

/** To be called when {@link FILLING} was played: from now on that mailbox is full. A host writes how much it holds a second later. */
export async function fillMailbox(register: Register): Promise<void> {
  await waitFor('the octets of the message are written', async () => {
    const mailboxes = await register.listMailboxes(FULL_MAILBOX_DOMAIN);
    return mailboxes.some(({ address, usedBytes }) => address === 'full@example.test' && usedBytes > FULL_QUOTA_BYTES) || undefined;
  });
  await register.setQuota('full@example.test', FULL_QUOTA_BYTES, ACTOR);
}
