import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '@vratny/support/running-program';
import { makeTemporaryFolder } from '@vratny/support/temporary-folder';
import { type OrdinaryMessage, withCrlf } from './message.ts';

const TO = 'alice@c.example.test';

/** A place in which programs send: what they hand to `sendmail` becomes a file. */
interface Place {
  readonly folder: string;
  /** Stands for `sendmail`. */
  readonly sendmail: string;
}

/** A command, run in the place's folder; `sh` gets it as it stands. */
interface Row {
  readonly what: string;
  script(place: Place): string;
}

const mutt = (what: string, args: string, rc = ''): Row => ({
  what: `mutt: ${what}`,
  script: ({ sendmail }) =>
    `printf '%s\\n' 'set sendmail="${sendmail}"' 'set copy=no' 'set from=a@sender.test' '${rc}' > rc; mutt -n -F rc -s 'Hello' ${args} ${TO} < text.txt`,
});
const nail = (what: string, args: string): Row => ({
  what: `s-nail: ${what}`,
  script: ({ sendmail }) =>
    `s-nail -:/ -S v15-compat -S mta='${sendmail}' -S sendwait -S from=a@sender.test -s Hello ${args} ${TO} < text.txt`,
});
const sendEmail = (what: string, args: string): Row => ({
  what: `git send-email: ${what}`,
  script: ({ sendmail }) =>
    `git -C project -c user.name=Anna -c user.email=a@sender.test send-email --quiet --confirm=never --suppress-cc=all --smtp-server='${sendmail}' --to=${TO} ${args}`,
});
const piped = (what: string, command: string): Row => ({ what, script: ({ sendmail }) => `{ ${command}; } | '${sendmail}'` });

const ROWS: readonly Row[] = [
  mutt('text', '--'),
  mutt('a document', '-a report.pdf --'),
  mutt('several files', '-a report.pdf picture.png text.txt archive.zip --'),
  mutt('a name in UTF-8', '-a účet.pdf --', 'set rfc2047_parameters=yes'),
  mutt('a name in RFC 2231', '-a účet.pdf --', 'set rfc2047_parameters=no'),
  mutt('text that flows', '--', 'set text_flowed=yes'),
  mutt('an attached message', '-a mail.eml --'),
  mutt('a packed tar', '-a archive.tar.gz --'),
  nail('text', ''),
  nail('a document', '-a report.pdf'),
  nail('several files', '-a report.pdf -a picture.png -a archive.zip'),
  nail('a name in UTF-8', '-a účet.pdf'),
  nail('a message', '-a mail.eml'),
  piped('mpack: a document', `rm -f out.mpack; mpack -s Hello -o out.mpack report.pdf && cat out.mpack`),
  piped('mpack: a described archive', `rm -f out.mpack; mpack -s Hello -d text.txt -o out.mpack archive.zip && cat out.mpack`),
  piped('mpack: of a type of its own', `rm -f out.mpack; mpack -s Hello -c image/png -o out.mpack picture.png && cat out.mpack`),
  piped('uuencode: a document in the text', `(printf 'Subject: Hello\\n\\nHello\\n\\n'; uuencode report.pdf report.pdf)`),
  piped('uuencode: in Base64', `(printf 'Subject: Hello\\n\\n'; uuencode -m archive.zip archive.zip)`),
  sendEmail('patches', '--root HEAD'),
  sendEmail('in Base64', '--transfer-encoding=base64 --root HEAD'),
  sendEmail('in quoted-printable', '--transfer-encoding=quoted-printable --root HEAD'),
  sendEmail('a thread with a letter', '--cover-letter --force --annotate --subject-prefix=RFC --root HEAD'),
];

/** Mail as mutt, s-nail, mpack, uuencode and git send-email hand it to `sendmail`. */
export async function mailerMail(): Promise<readonly OrdinaryMessage[]> {
  using scratch = makeTemporaryFolder('mailers');
  const { path: folder } = scratch;
  const sent = join(folder, 'sent');
  const sendmail = join(folder, 'sendmail');
  mkdirSync(sent);
  writeFileSync(sendmail, `#!/bin/sh\nexec cat > "$(mktemp '${sent}/XXXXXX')"\n`);
  chmodSync(sendmail, 0o755);
  await run(folder, MATERIAL);
  const made: OrdinaryMessage[] = [];
  for (const { what, script } of ROWS) {
    await run(folder, script({ folder, sendmail }));
    const files = readdirSync(sent);
    if (files.length === 0) throw new Error(`${what}: nothing was sent`);
    for (const [index, file] of files.entries()) {
      made.push({ what: `${what} ${index + 1}`, message: withCrlf(readFileSync(join(sent, file))) });
      rmSync(join(sent, file));
    }
  }
  return made;
}

const MATERIAL = `
printf 'Hello,\\n\\nplease see run.exe on our page.\\n.\\nFrom here on, Anna\\n' > text.txt
printf '%%PDF-1.4\\n%%%%EOF\\n' > report.pdf; cp report.pdf účet.pdf
printf '\\211PNG\\r\\n\\032\\n' > picture.png
printf 'Subject: inner\\nFrom: b@sender.test\\n\\nHello\\n' > mail.eml
zip -q archive.zip text.txt report.pdf; tar czf archive.tar.gz text.txt report.pdf
git init -q project; cd project
for name in a.txt š.txt run.c; do echo "$name" > "$name"; git add .; git -c user.name=Anna -c user.email=a@sender.test commit -q -m "Add $name"; done`;

async function run(folder: string, script: string): Promise<void> {
  const environment = `export HOME='${folder}' LC_ALL=C.UTF-8 GIT_EDITOR=true EDITOR=true; cd '${folder}'`;
  const program = await runToEnd('sh', ['-c', `set -e; ${environment}\n${script}`], { cwd: folder });
  if (program.ending() !== 0) throw new Error(`${script}: ${program.stderr()}${program.stdout()}`);
}
