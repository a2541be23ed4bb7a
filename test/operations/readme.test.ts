import { expect, test } from 'vitest';
import { bootMachine } from './machine.ts';
import { readBlocks } from './page.ts';

/** What a machine without a network needs besides. */
const WITHOUT_NETWORK = `cat >> /etc/vratny/site.yaml <<'END'
dns: { zoneFile: /etc/vratny/zone.txt }
dnsbl: { zones: [] }
END
echo 'sender.test. 300 IN A 127.0.0.1' > /etc/vratny/zone.txt
echo 'example.org. 300 IN MX 10 mx1a10.thinline.example.' >> /etc/vratny/zone.txt`;

test('the minimal set-up of the README takes a message', async (context) => {
  await using machine = (await bootMachine()) ?? context.skip('a machine with a systemd cannot be booted here');
  const [setUp, start] = readBlocks('README.md', 'A minimal production set-up').map(({ text }) => text);
  expect(await machine.do(setUp ?? '')).toMatch(/^site\.yaml: fine$/mu);
  await machine.do(WITHOUT_NETWORK);
  await machine.do(`${start} > out.txt 2> journal.txt & echo $! > pid`);
  await machine.until('it listens', 'cat journal.txt; grep -F "listening on 0.0.0.0:25" out.txt');
  await machine.do(`printf 'From: a@sender.test\\r\\nSubject: x\\r\\n\\r\\nx\\r\\n' > mail.eml
    curl -sS --max-time 20 smtp://127.0.0.1/client.test --mail-from a@sender.test --mail-rcpt alice@example.org --upload-file mail.eml`);
  expect(await machine.do('find /var/lib/vratny/mail/example.org/alice/new -type f | wc -l')).toBe('1\n');
  await machine.do('kill $(cat pid)');
});
