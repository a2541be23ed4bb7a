import type { Words } from './words.ts';

const SEND_ADDRESS = 'Send this page’s address to whoever runs your mail: your provider, or the administrator at your work.';
const URGENT = 'If it is urgent, write from another mail service, or call.';
const NOTHING = 'You do not have to do anything: your mail server tries again by itself, usually for a few days.';

/** English. */
export const en: Words = {
  tag: 'en',
  name: 'English',
  skip: 'Skip to the page',
  language: 'Language',
  look: { legend: 'Look', auto: 'As my system', light: 'Light', dark: 'Dark' },
  title: {
    refused: 'Your message of {when} was not delivered.',
    delayed: 'Your message of {when} was asked to wait.',
    delivered: 'Your message of {when} was delivered.',
  },
  whyTitle: {
    refused: 'Why a message was not delivered',
    delayed: 'Why a message was asked to wait',
    delivered: 'What a delivered message means',
  },
  headings: { you: 'What you can do', postmaster: 'What your postmaster does', until: 'How long this holds' },
  evidence: {
    code: 'Reply code',
    list: 'Blacklist',
    listText: 'The list says',
    removal: 'Ask for removal at',
    senderDomain: 'Sender’s domain',
    spfRecord: 'SPF record, as it was read',
    spfWords: 'The domain says',
    file: 'File',
    virus: 'Found',
    score: 'Spam score',
    wait: 'Time to wait',
    size: 'Largest message',
  },
  kept: 'This page is kept until {date}.',
  discretion: 'It does not say who you wrote to or what about.',
  moment: (date, time) => `${date} at ${time}`,
  times: 'Times are UTC.',
  receipt: 'Receipt',
  seconds: { one: 'second', other: 'seconds' },
  minutes: { one: 'minute', other: 'minutes' },
  unknown: {
    title: 'Nothing is known under this address.',
    what: 'There may be several reasons, and this page cannot tell which one it is:',
    reasons: [
      'The address was not copied whole. A receipt has 33 letters and digits.',
      'It is too old: receipts are kept for a limited number of days.',
      'It was issued by another mail service.',
    ],
    next: 'The error message that you got says in short what happened. If you still have it, send it to whoever runs your mail.',
  },
  missing: { title: 'There is no such page.', what: 'Please open the address that stands in the error message you got.' },
  tooMany: {
    title: 'Too many requests.',
    what: 'Many pages were asked for from your network in a short time. Please try again in a minute.',
  },
  fault: { title: 'The receipt cannot be read just now.', what: 'This is our fault, not yours. Please try again in a few minutes.' },
  ask: {
    title: 'Does the recipient know you?',
    what: 'We can tell the people who look after the recipient’s domain that you would like to get through. You can ask once. We cannot promise an answer, and your message is not kept: send it again if they let you in.',
    button: 'Ask to be let in…',
    confirmNext: 'You confirm on the next page.',
    confirmTitle: 'Ask to be let in?',
    confirmWhat: [
      'The people who look after the recipient’s domain will see your address, the time of your message and the reason why it was refused.',
      'They will not see the message: it was not kept.',
      'You can ask once for this message. They decide for themselves and need not answer.',
    ],
    confirmButton: 'Ask to be let in',
    back: 'Back',
    doneTitle: 'Your request was noted.',
    done: 'The people who look after the recipient’s domain can see it from now on. Send your message again if they let you in.',
    again: 'You have already asked for this message. The request stands; there is no need to ask again.',
    full: 'No more requests can be taken just now, because there were several lately. Please try again in a few days, or reach the recipient in another way.',
  },
  kinds: {
    dnsbl: {
      what: 'The server that brought it to us is on a blacklist, and the recipient’s domain does not take mail from such servers. You have probably done nothing wrong.',
      you: [SEND_ADDRESS, URGENT, 'Sending the same message again will not help until the server is off the list.'],
      postmaster: [
        'Your server’s log has its address and our reply. Find out why the address was listed: usually a hijacked account, an infected machine behind it, or forwarding that passes spam on.',
        'Fix that first, then ask the list for removal. A removal counts here as soon as the list’s DNS shows it, as a rule within an hour.',
      ],
      until: 'As long as the server is on the list. We ask the list again for every message; nothing is remembered against you.',
    },
    'sender-domain': {
      what: 'The domain in your sender address does not exist in DNS, or it says that it takes no mail. An answer or an error report could never reach you, so the message was not taken.',
      you: ['Check whether your sender address is written correctly in your mail program.', SEND_ADDRESS],
      postmaster: [
        'The domain of the envelope sender needs an MX record, or at least an A or AAAA record. A null MX (“MX 0 .”) says that nobody can be answered, and must not stand on a domain that sends.',
        'Programs that send by themselves often use the name of their machine as sender: set a real address there.',
      ],
      until: 'Until the domain can be found in DNS. We ask again for every message; an old answer may be remembered for up to an hour.',
    },
    'recipient-domain': {
      what: 'Your mail server brought the message to a server that does not receive mail for that domain. Either the address has a typing error after the @, or your mail server does not follow DNS.',
      you: [
        'Check whether the recipient’s address is written correctly, above all after the @.',
        'If it is correct, send this page’s address to whoever runs your mail.',
      ],
      postmaster: [
        'Deliver to the hosts that the MX records of the recipient’s domain name now. Look for a fixed route (transport, smart host) or an old entry in a cache.',
        'We do not relay for other domains.',
      ],
      until: 'As long as the message is brought to this server. Through the right hosts it can be delivered at once.',
    },
    mailbox: {
      what: 'The message could not be put into a mailbox at that address. The error message that you got names the exact reason; this page does not repeat it, because it would tell strangers about somebody’s mailbox.',
      you: [
        'Check whether the recipient’s address is written correctly.',
        'Ask the recipient in another way for the right address, or tell them that mail does not reach them.',
      ],
      postmaster: [
        'Nothing is wrong with your server. If many of your messages end like this, an address list of yours is out of date: take out addresses that were refused for good.',
      ],
      until: 'Until something changes on the recipient’s side. Every message is judged on its own.',
    },
    greylist: {
      what: 'This server takes mail from a sender it has not met before only at the second attempt. Real mail servers come back by themselves; programs that send spam mostly do not.',
      you: [NOTHING, 'Sending it a second time yourself does not make it faster.'],
      postmaster: [
        'Let your queue retry as usual, from the same address (or the same /64 network with IPv6). Servers that change their address with each attempt have to wait each time.',
        'After the waiting time the sender is let through, and each further message extends that.',
      ],
      until: 'For the waiting time, counted from the first attempt. After that the next attempt is taken.',
    },
    spf: {
      what: 'The domain in your sender address publishes which servers may send in its name (SPF), and the server that brought your message is not among them. To us it looks forged.',
      you: [
        'If you use a mail program: send through the server of your own provider, not through another one.',
        'If your message was forwarded, ask the recipient for the address where the mail ends up, and write there.',
        SEND_ADDRESS,
      ],
      postmaster: [
        'Compare the SPF record of your domain with the address in your server’s log. Add the server that is missing (“ip4:”, “ip6:” or “include:” of your provider), or send through one that is listed.',
        'If you forward mail for others, rewrite the envelope sender (SRS).',
      ],
      until:
        'Until the record allows the server, or the message comes through another one. DNS may remember the old record for as long as its TTL says.',
    },
    dns: {
      what: 'To check your sender address we had to ask the DNS of your domain, and it did not answer. So the message was asked to come back later.',
      you: [NOTHING, 'If it takes longer than a day, send this page’s address to whoever runs your mail.'],
      postmaster: [
        'Check whether all name servers of the sender’s domain answer, over UDP and TCP, and whether DNSSEC is valid. We cannot work with SERVFAIL or time-outs.',
        'The SPF record may include names whose servers do not answer: the whole check then cannot be finished.',
      ],
      until: 'Until your name servers answer. Your mail server tries again by itself.',
    },
    size: {
      what: 'The message, with its attachments, is larger than this mail service takes. In transit files grow by about a third.',
      you: ['Send the files in several messages, or make them smaller.', 'Put large files on a sharing service and send the link.'],
      postmaster: ['The limit is announced in the answer to EHLO (SIZE). Most servers can tell their users before they send.'],
      until: 'Always for messages of this size. A smaller message is taken at once.',
    },
    attachments: {
      what: 'The message has a file of a kind that can run a program on the recipient’s computer, or an archive that could not be looked into completely. The recipient’s domain takes no such files.',
      you: [
        'Send the content in another form, a PDF for instance.',
        'If the recipient is waiting for the file, put it on a sharing service and send the link.',
        'Renaming the file or packing it into an archive will not help: archives are looked into.',
      ],
      postmaster: [
        'The file is named with its path inside archives. If your users did not attach it, look for malware on the machine that sent it.',
        'Damaged archives and messages that mail programs read differently are refused as well: create the archive or message again with current software.',
      ],
      until: 'Always for this file. The same message without it is taken.',
    },
    antivirus: {
      what: 'The virus scanner found malware in the message, or could not look through it to its end. It was not delivered.',
      you: [
        'Do not send the message again. Have your computer checked for viruses.',
        'If you are sure that the file is harmless, send this page’s address to whoever runs your mail.',
      ],
      postmaster: [
        'The name of the malware is that of ClamAV’s signature. Find the machine or account that sent it; very likely it sends more.',
        'If it is a false alarm, report the file to ClamAV (https://www.clamav.net/reports/fp). We load new signatures several times a day.',
      ],
      until: 'As long as the scanner finds something in this message.',
    },
    antispam: {
      what: 'The message looks so much like spam that it was not taken. That can happen to honest messages too, for instance when they consist mainly of links or pictures.',
      you: [
        'Write the message again in your own words, with fewer links and pictures, and with a clear subject.',
        URGENT,
        'If all your messages are refused, send this page’s address to whoever runs your mail.',
      ],
      postmaster: [
        'Check that SPF, DKIM and DMARC are valid for the sender’s domain, that the server’s address has a matching reverse name, and that it is on no blacklist.',
        'Newsletters need the consent of their readers and a List-Unsubscribe field.',
      ],
      until: 'Only this message was judged. The next one is judged on its own.',
    },
    'line-endings': {
      what: 'The message holds characters that no mail may hold (a NUL, or half of a line ending). Different programs would read such a message differently, so it was not taken.',
      you: ['Write the message again in a current mail program.', SEND_ADDRESS],
      postmaster: [
        'RFC 5321 (2.3.8) and RFC 5322 (4) allow CR and LF only together, and no NUL. Usually a script writes line endings of its own, or a file is sent as text although it is none.',
        'Encode binary content with base64 or quoted-printable.',
      ],
      until: 'Always for this message as it is.',
    },
    header: {
      what: 'The header of the message (its fields before the text) is larger than mail servers can read safely.',
      you: ['If you wrote to very many people at once, write to fewer, or use a mailing list.', SEND_ADDRESS],
      postmaster: ['Look for recipients listed by the thousand in To or Cc, or for a program that adds the same field again and again.'],
      until: 'Always for this message as it is.',
    },
    hops: {
      what: 'The message has already passed more than a hundred mail servers. It most likely goes round in a circle, and would do so for ever.',
      you: ['Write to the recipient directly instead of by way of a forwarding or a list.', SEND_ADDRESS],
      postmaster: [
        'Look at the Received fields of the message: two servers or mailboxes forward to each other. Break the loop at one of them.',
      ],
      until: 'Always for this message. A new one is taken when the loop is broken.',
    },
    recipients: {
      what: 'The message was for more recipients than can be taken at once. The others may have it already; for this one your mail server has to bring it separately.',
      you: [NOTHING],
      postmaster: [
        'As RFC 5321 (4.5.3.1.10) says, send the message to the remaining recipients in another transaction. Postfix, Exim and others do so by themselves.',
      ],
      until: 'Only for this attempt.',
    },
    session: {
      what: 'Your mail server named many recipients in one connection that could not be taken, and the connection was ended. That protects recipients from programs that guess addresses.',
      you: [
        'Try again later, and check whether the addresses are right.',
        'If you send to an address list, take out addresses that no longer exist.',
      ],
      postmaster: [
        'Look at which addresses were refused in the same connection: it may be an old list, or an account that somebody else is using.',
        'Your server may connect again at once and bring the rest.',
      ],
      until: 'Only for this connection.',
    },
    'eight-bit': {
      what: 'One of the addresses has letters outside plain English (such as č, ł or ü), and your mail server passed it on in a form that does not allow that.',
      you: ['If the recipient has another address without such letters, use that one.', SEND_ADDRESS],
      postmaster: [
        'Such addresses need SMTPUTF8 (RFC 6531), in MAIL as well, and UTF-8 as encoding. The domain alone can be written with Punycode instead.',
      ],
      until: 'Until your server uses SMTPUTF8, or another address is used.',
    },
    syntax: {
      what: 'Your mail server named a sender or recipient in a way that cannot be read, or demanded something that is not offered here.',
      you: ['Check whether the addresses are written correctly, without blanks or missing parts.', SEND_ADDRESS],
      postmaster: [
        'The exact reply is in your server’s log. Addresses need the form local-part@domain; use only extensions that the answer to EHLO offers.',
      ],
      until: 'Always for this form. A correct one is taken at once.',
    },
    temporary: {
      what: 'Something on our side could not be done just then, and without it we could not take the message safely. It is not lost: your mail server still has it and tries again.',
      you: [NOTHING, 'If it takes longer than a few hours and is urgent, write from another mail service, or call.'],
      postmaster: ['Nothing needs to be changed on your server. Let the queue retry as usual. We are told of such faults automatically.'],
      until: 'As a rule for a few minutes. Each further attempt is judged on its own.',
    },
    'too-slow': {
      what: 'The message came so slowly that the connection was ended before it was complete. Nothing of it was kept.',
      you: [NOTHING, 'If the message is large and keeps failing, send the files in smaller parts or as a link.'],
      postmaster: [
        'Look at the connection between your server and ours: lost packets, a wrong MTU, or a firewall that inspects SMTP are the usual reasons.',
      ],
      until: 'Only for this attempt.',
    },
    unprocessable: {
      what: 'Reading this message has made one of our programs fail several times. To protect other people’s mail it is not looked at any more.',
      you: ['Write the message again, without the attachments at first.', SEND_ADDRESS],
      postmaster: [
        'The message is very unusual in its structure, or meant to do harm. If it is neither, our postmaster would like to have a look at it: please write to them without attaching it.',
      ],
      until: 'Always for this message as it is.',
    },
    delivered: {
      what: 'The recipient’s mailbox store took the message, and your mail server was told so. If it cannot be found, it may have been sorted into a folder.',
      you: ['If the recipient does not see it, ask them to look into their folders, the one for spam too.'],
      postmaster: ['The reply “250 2.0.0 stored as …” in your server’s log is our confirmation. It names this receipt.'],
      until: 'A delivery is final.',
    },
  },
};
