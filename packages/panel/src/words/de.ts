import type { Words } from './words.ts';

const SEND_ADDRESS =
  'Senden Sie die Adresse dieser Seite an die Stelle, die Ihre Post betreut: Ihren Anbieter oder die Administration in Ihrem Betrieb.';
const URGENT = 'Wenn es eilt, schreiben Sie über einen anderen Maildienst, oder rufen Sie an.';
const NOTHING = 'Sie müssen nichts tun: Ihr Mailserver versucht es von selbst erneut, in der Regel einige Tage lang.';

/** German. */
export const de: Words = {
  tag: 'de',
  name: 'Deutsch',
  skip: 'Zum Inhalt springen',
  language: 'Sprache',
  look: { legend: 'Darstellung', auto: 'Wie im System', light: 'Hell', dark: 'Dunkel' },
  title: {
    refused: 'Ihre Nachricht vom {when} wurde nicht zugestellt.',
    delayed: 'Ihre Nachricht vom {when} muss noch warten.',
    delivered: 'Ihre Nachricht vom {when} wurde zugestellt.',
  },
  whyTitle: {
    refused: 'Warum eine Nachricht nicht zugestellt wurde',
    delayed: 'Warum eine Nachricht noch warten muss',
    delivered: 'Was eine zugestellte Nachricht bedeutet',
  },
  headings: { you: 'Was Sie tun können', postmaster: 'Was Ihr Postmaster tut', until: 'Wie lange das gilt' },
  evidence: {
    code: 'Antwortcode',
    list: 'Sperrliste',
    listText: 'Angabe der Liste',
    removal: 'Austragung beantragen bei',
    senderDomain: 'Absenderdomain',
    spfRecord: 'SPF-Eintrag, wie er gelesen wurde',
    spfWords: 'Angabe der Domain',
    file: 'Datei',
    virus: 'Fund',
    score: 'Spam-Bewertung',
    wait: 'Wartezeit',
    size: 'Größte Nachricht',
  },
  kept: 'Diese Seite bleibt bis zum {date} bestehen.',
  discretion: 'Sie nennt weder, an wen noch worüber Sie geschrieben haben.',
  moment: (date, time) => `${date} um ${time} Uhr`,
  times: 'Alle Zeiten sind in UTC angegeben.',
  receipt: 'Beleg',
  seconds: { one: 'Sekunde', other: 'Sekunden' },
  minutes: { one: 'Minute', other: 'Minuten' },
  unknown: {
    title: 'Unter dieser Adresse ist nichts bekannt.',
    what: 'Dafür kann es mehrere Gründe geben; welcher zutrifft, kann diese Seite nicht erkennen:',
    reasons: [
      'Die Adresse wurde nicht vollständig kopiert. Ein Beleg hat 33 Buchstaben und Ziffern.',
      'Sie ist zu alt: Belege werden nur eine begrenzte Zahl von Tagen aufbewahrt.',
      'Ein anderer Maildienst hat sie ausgestellt.',
    ],
    next: 'In der Fehlermeldung, die Sie erhalten haben, steht in Kürze, was geschehen ist. Wenn Sie sie noch haben, senden Sie sie an die Stelle, die Ihre Post betreut.',
  },
  missing: { title: 'Diese Seite gibt es nicht.', what: 'Bitte öffnen Sie die Adresse, die in Ihrer Fehlermeldung steht.' },
  tooMany: {
    title: 'Zu viele Anfragen.',
    what: 'Aus Ihrem Netz kamen in kurzer Zeit viele Anfragen. Bitte versuchen Sie es in einer Minute noch einmal.',
  },
  fault: {
    title: 'Der Beleg lässt sich gerade nicht lesen.',
    what: 'Der Fehler liegt bei uns, nicht bei Ihnen. Bitte versuchen Sie es in einigen Minuten erneut.',
  },
  ask: {
    title: 'Kennt der Empfänger Sie?',
    what: 'Wir können den Betreuern der Empfängerdomain mitteilen, dass Sie durchgelassen werden möchten. Sie können einmal anfragen. Eine Antwort können wir nicht zusagen, und Ihre Nachricht wird nicht aufbewahrt: Senden Sie sie erneut, wenn man Sie einlässt.',
    button: 'Um Einlass bitten …',
    confirmNext: 'Sie bestätigen auf der nächsten Seite.',
    confirmTitle: 'Um Einlass bitten?',
    confirmWhat: [
      'Die Betreuer der Empfängerdomain sehen Ihre Adresse, den Zeitpunkt Ihrer Nachricht und den Grund, aus dem sie abgewiesen wurde.',
      'Die Nachricht selbst sehen sie nicht: Sie wurde nicht aufbewahrt.',
      'Für diese Nachricht können Sie einmal anfragen. Die Entscheidung liegt bei den Betreuern; antworten müssen sie nicht.',
    ],
    confirmButton: 'Um Einlass bitten',
    back: 'Zurück',
    doneTitle: 'Ihre Anfrage wurde vermerkt.',
    done: 'Die Betreuer der Empfängerdomain sehen sie ab jetzt. Senden Sie Ihre Nachricht erneut, wenn man Sie einlässt.',
    again: 'Für diese Nachricht haben Sie bereits angefragt. Die Anfrage besteht weiter; eine zweite ist nicht nötig.',
    full: 'Zurzeit können keine weiteren Anfragen angenommen werden, weil es zuletzt mehrere gab. Bitte versuchen Sie es in einigen Tagen erneut, oder wenden Sie sich auf anderem Weg an den Empfänger.',
  },
  kinds: {
    dnsbl: {
      what: 'Der Server, der die Nachricht überbracht hat, steht auf einer Sperrliste, und die Domain des Empfängers nimmt von solchen Servern keine Post an. Sie selbst haben vermutlich nichts falsch gemacht.',
      you: [SEND_ADDRESS, URGENT, 'Dieselbe Nachricht noch einmal zu senden hilft nicht, solange der Server auf der Liste steht.'],
      postmaster: [
        'Im Protokoll Ihres Servers stehen seine Adresse und unsere Antwort. Stellen Sie fest, warum die Adresse eingetragen wurde: Meist ist es ein übernommenes Konto, ein befallener Rechner dahinter oder eine Weiterleitung, die Spam durchreicht.',
        'Beheben Sie zuerst die Ursache, und beantragen Sie dann die Austragung. Sie gilt hier, sobald das DNS der Liste sie zeigt, in der Regel innerhalb einer Stunde.',
      ],
      until: 'Solange der Server auf der Liste steht. Wir fragen die Liste bei jeder Nachricht neu; über Sie wird nichts gespeichert.',
    },
    'sender-domain': {
      what: 'Die Domain Ihrer Absenderadresse gibt es im DNS nicht, oder sie erklärt, keine Post anzunehmen. Weder eine Antwort noch ein Fehlerbericht könnte Sie erreichen; darum wurde die Nachricht nicht angenommen.',
      you: ['Prüfen Sie, ob Ihre Absenderadresse im Mailprogramm richtig geschrieben ist.', SEND_ADDRESS],
      postmaster: [
        'Die Domain des Umschlagabsenders braucht einen MX-Eintrag oder wenigstens einen A- oder AAAA-Eintrag. Ein Null-MX („MX 0 .“) besagt, dass niemand antworten kann, und gehört nicht auf eine Domain, die sendet.',
        'Programme, die selbst Post versenden, tragen als Absender oft den Namen ihres Rechners ein: Stellen Sie dort eine wirkliche Adresse ein.',
      ],
      until:
        'Bis die Domain im DNS zu finden ist. Sie wird bei jeder Nachricht neu abgefragt; eine alte Antwort gilt höchstens eine Stunde weiter.',
    },
    'recipient-domain': {
      what: 'Ihr Mailserver hat die Nachricht an einen Server übergeben, der für diese Domain keine Post empfängt. Entweder enthält die Adresse hinter dem @ einen Tippfehler, oder Ihr Mailserver richtet sich nicht nach dem DNS.',
      you: [
        'Prüfen Sie die Adresse des Empfängers, vor allem hinter dem @.',
        'Ist sie richtig, senden Sie die Adresse dieser Seite an die Stelle, die Ihre Post betreut.',
      ],
      postmaster: [
        'Stellen Sie an die Hosts zu, die in den MX-Einträgen der Empfängerdomain jetzt stehen. Suchen Sie nach einer fest eingestellten Route (Transport, Smarthost) oder einem alten Eintrag in einem Zwischenspeicher.',
        'Für fremde Domains leiten wir keine Post weiter.',
      ],
      until: 'Solange die Nachricht an diesen Server übergeben wird. Über die richtigen Hosts kann sie sofort zugestellt werden.',
    },
    mailbox: {
      what: 'Die Nachricht konnte in kein Postfach unter dieser Adresse gelegt werden. Den genauen Grund nennt die Fehlermeldung, die Sie erhalten haben; diese Seite wiederholt ihn nicht, weil sie Fremden sonst etwas über ein Postfach verriete.',
      you: [
        'Prüfen Sie, ob die Adresse des Empfängers richtig geschrieben ist.',
        'Fragen Sie den Empfänger auf anderem Weg nach der richtigen Adresse, oder sagen Sie ihm, dass ihn keine Post erreicht.',
      ],
      postmaster: [
        'Mit Ihrem Server ist alles in Ordnung. Wenn viele Ihrer Nachrichten so enden, ist eine Adressliste veraltet: Nehmen Sie Adressen heraus, die endgültig abgewiesen wurden.',
      ],
      until: 'Bis sich auf der Seite des Empfängers etwas ändert. Jede Nachricht wird neu beurteilt.',
    },
    greylist: {
      what: 'Dieser Server nimmt Post eines Absenders, den er noch nicht kennt, erst beim zweiten Versuch an. Richtige Mailserver kommen von selbst wieder; Programme, die Spam versenden, meist nicht.',
      you: [NOTHING, 'Selbst noch einmal zu senden beschleunigt nichts.'],
      postmaster: [
        'Lassen Sie die Warteschlange wie üblich arbeiten, von derselben Adresse aus (bei IPv6 aus demselben /64-Netz). Server, die ihre Adresse bei jedem Versuch wechseln, warten jedes Mal von vorn.',
        'Nach der Wartezeit wird der Absender durchgelassen, und jede weitere Nachricht verlängert das.',
      ],
      until: 'Für die Wartezeit, gerechnet ab dem ersten Versuch. Danach wird der nächste Versuch angenommen.',
    },
    spf: {
      what: 'Die Domain Ihrer Absenderadresse veröffentlicht, welche Server in ihrem Namen senden dürfen (SPF), und der Server, der Ihre Nachricht überbracht hat, gehört nicht dazu. Die Nachricht sieht deshalb gefälscht aus.',
      you: [
        'Wenn Sie ein Mailprogramm benutzen: Senden Sie über den Server Ihres eigenen Anbieters, nicht über einen anderen.',
        'Wurde Ihre Nachricht weitergeleitet, fragen Sie den Empfänger nach der Adresse, an der die Post ankommt, und schreiben Sie dorthin.',
        SEND_ADDRESS,
      ],
      postmaster: [
        'Vergleichen Sie den SPF-Eintrag Ihrer Domain mit der Adresse im Protokoll Ihres Servers. Tragen Sie den fehlenden Server ein („ip4:“, „ip6:“ oder „include:“ Ihres Anbieters), oder senden Sie über einen, der eingetragen ist.',
        'Wenn Sie Post für andere weiterleiten, schreiben Sie den Umschlagabsender um (SRS).',
      ],
      until:
        'Bis der Eintrag den Server erlaubt oder die Nachricht über einen anderen kommt. Das DNS kann den alten Eintrag so lange behalten, wie dessen TTL angibt.',
    },
    dns: {
      what: 'Um Ihre Absenderadresse zu prüfen, mussten wir das DNS Ihrer Domain fragen, und es hat nicht geantwortet. Darum soll die Nachricht später noch einmal kommen.',
      you: [NOTHING, 'Dauert es länger als einen Tag, senden Sie die Adresse dieser Seite an die Stelle, die Ihre Post betreut.'],
      postmaster: [
        'Prüfen Sie, ob alle Nameserver der Absenderdomain antworten, über UDP und TCP, und ob DNSSEC gültig ist. Mit SERVFAIL und Zeitüberschreitungen können wir nicht arbeiten.',
        'Der SPF-Eintrag kann Namen einbinden, deren Server nicht antworten: Dann lässt sich die ganze Prüfung nicht beenden.',
      ],
      until: 'Bis Ihre Nameserver antworten. Ihr Mailserver versucht es von selbst erneut.',
    },
    size: {
      what: 'Die Nachricht ist mit ihren Anhängen größer, als dieser Maildienst annimmt. Unterwegs wachsen Dateien um etwa ein Drittel.',
      you: [
        'Senden Sie die Dateien in mehreren Nachrichten, oder verkleinern Sie sie.',
        'Legen Sie große Dateien in einem Online-Speicher ab, und senden Sie den Link.',
      ],
      postmaster: [
        'Die Grenze steht in der Antwort auf EHLO (SIZE). Die meisten Server können sie ihren Benutzern vor dem Senden mitteilen.',
      ],
      until: 'Immer für Nachrichten dieser Größe. Eine kleinere wird sofort angenommen.',
    },
    attachments: {
      what: 'Die Nachricht enthält eine Datei, die auf dem Rechner des Empfängers ein Programm starten kann, oder ein Archiv, in das nicht vollständig hineingesehen werden konnte. Die Domain des Empfängers nimmt solche Dateien nicht an.',
      you: [
        'Senden Sie den Inhalt in anderer Form, zum Beispiel als PDF.',
        'Wartet der Empfänger auf genau diese Datei, legen Sie sie in einem Online-Speicher ab, und senden Sie den Link.',
        'Umbenennen oder Verpacken hilft nicht: In Archive wird hineingesehen.',
      ],
      postmaster: [
        'Die Datei ist mit ihrem Pfad innerhalb von Archiven angegeben. Haben Ihre Benutzer sie nicht angehängt, suchen Sie auf dem sendenden Rechner nach Schadsoftware.',
        'Auch beschädigte Archive und Nachrichten, die Mailprogramme verschieden lesen, werden abgewiesen: Erstellen Sie Archiv oder Nachricht mit aktueller Software neu.',
      ],
      until: 'Immer für diese Datei. Dieselbe Nachricht ohne sie wird angenommen.',
    },
    antivirus: {
      what: 'Der Virenscanner hat in der Nachricht Schadsoftware gefunden, oder er konnte sie nicht bis zum Ende durchsehen. Sie wurde nicht zugestellt.',
      you: [
        'Senden Sie die Nachricht nicht noch einmal. Lassen Sie Ihren Rechner auf Viren prüfen.',
        'Wenn Sie sicher sind, dass die Datei harmlos ist, senden Sie die Adresse dieser Seite an die Stelle, die Ihre Post betreut.',
      ],
      postmaster: [
        'Der Fund trägt den Namen der ClamAV-Signatur. Finden Sie den Rechner oder das Konto, von dem die Nachricht kam; sehr wahrscheinlich kommen von dort weitere.',
        'Ist es ein Fehlalarm, melden Sie die Datei bei ClamAV (https://www.clamav.net/reports/fp). Neue Signaturen laden wir mehrmals am Tag.',
      ],
      until: 'Solange der Scanner in dieser Nachricht etwas findet.',
    },
    antispam: {
      what: 'Die Nachricht ähnelt Spam so sehr, dass sie nicht angenommen wurde. Das kann auch ehrlichen Nachrichten geschehen, etwa wenn sie vor allem aus Links oder Bildern bestehen.',
      you: [
        'Schreiben Sie die Nachricht neu, mit eigenen Worten, weniger Links und Bildern und einem klaren Betreff.',
        URGENT,
        'Werden alle Ihre Nachrichten abgewiesen, senden Sie die Adresse dieser Seite an die Stelle, die Ihre Post betreut.',
      ],
      postmaster: [
        'Prüfen Sie, ob SPF, DKIM und DMARC für die Absenderdomain gültig sind, ob die Adresse des Servers einen passenden Reverse-Eintrag hat und ob sie auf keiner Sperrliste steht.',
        'Rundschreiben brauchen die Einwilligung ihrer Leser und ein Feld List-Unsubscribe.',
      ],
      until: 'Beurteilt wurde nur diese Nachricht. Die nächste wird neu beurteilt.',
    },
    'line-endings': {
      what: 'Die Nachricht enthält Zeichen, die in keiner Mail stehen dürfen (ein NUL oder ein halbes Zeilenende). Verschiedene Programme läsen eine solche Nachricht verschieden; darum wurde sie nicht angenommen.',
      you: ['Schreiben Sie die Nachricht in einem aktuellen Mailprogramm neu.', SEND_ADDRESS],
      postmaster: [
        'RFC 5321 (2.3.8) und RFC 5322 (4) erlauben CR und LF nur zusammen und kein NUL. Meist schreibt ein Skript eigene Zeilenenden, oder eine Datei wird als Text gesendet, die keiner ist.',
        'Kodieren Sie binäre Inhalte mit base64 oder quoted-printable.',
      ],
      until: 'Immer für diese Nachricht in dieser Form.',
    },
    header: {
      what: 'Der Kopf der Nachricht (die Felder vor dem Text) ist größer, als Mailserver sicher lesen können.',
      you: [
        'Haben Sie sehr vielen auf einmal geschrieben, schreiben Sie an weniger Empfänger, oder benutzen Sie eine Mailingliste.',
        SEND_ADDRESS,
      ],
      postmaster: ['Suchen Sie nach Tausenden Empfängern in To oder Cc oder nach einem Programm, das dasselbe Feld immer wieder anfügt.'],
      until: 'Immer für diese Nachricht in dieser Form.',
    },
    hops: {
      what: 'Die Nachricht ist schon durch mehr als hundert Mailserver gegangen. Sehr wahrscheinlich läuft sie im Kreis und täte das ohne Ende.',
      you: ['Schreiben Sie dem Empfänger direkt statt über eine Weiterleitung oder eine Liste.', SEND_ADDRESS],
      postmaster: [
        'Sehen Sie sich die Received-Felder an: Zwei Server oder Postfächer leiten einander weiter. Unterbrechen Sie die Schleife an einer Stelle.',
      ],
      until: 'Immer für diese Nachricht. Eine neue wird angenommen, sobald die Schleife unterbrochen ist.',
    },
    recipients: {
      what: 'Die Nachricht hatte mehr Empfänger, als auf einmal angenommen werden. Die anderen haben sie vielleicht schon; diesem Empfänger muss Ihr Mailserver sie gesondert übergeben.',
      you: [NOTHING],
      postmaster: [
        'Senden Sie die Nachricht, wie RFC 5321 (4.5.3.1.10) sagt, den übrigen Empfängern in einer weiteren Transaktion. Postfix, Exim und andere tun das von selbst.',
      ],
      until: 'Nur für diesen Versuch.',
    },
    session: {
      what: 'Ihr Mailserver hat in einer Verbindung viele Empfänger genannt, die nicht angenommen werden konnten, und die Verbindung wurde beendet. Das schützt Empfänger vor Programmen, die Adressen erraten.',
      you: [
        'Versuchen Sie es später erneut, und prüfen Sie, ob die Adressen stimmen.',
        'Wenn Sie an eine Adressliste senden, nehmen Sie Adressen heraus, die es nicht mehr gibt.',
      ],
      postmaster: [
        'Sehen Sie nach, welche Adressen in derselben Verbindung abgewiesen wurden: Es kann eine alte Liste sein oder ein Konto, das jemand anderes benutzt.',
        'Ihr Server darf sich sofort wieder verbinden und den Rest übergeben.',
      ],
      until: 'Nur für diese Verbindung.',
    },
    'eight-bit': {
      what: 'Eine der Adressen enthält Buchstaben außerhalb des einfachen lateinischen Alphabets (wie č, ł oder ü), und Ihr Mailserver hat sie in einer Form übergeben, die das nicht zulässt.',
      you: ['Hat der Empfänger auch eine Adresse ohne solche Buchstaben, benutzen Sie diese.', SEND_ADDRESS],
      postmaster: [
        'Solche Adressen brauchen SMTPUTF8 (RFC 6531), auch bei MAIL, und UTF-8 als Kodierung. Die Domain allein lässt sich stattdessen in Punycode schreiben.',
      ],
      until: 'Bis Ihr Server SMTPUTF8 benutzt oder eine andere Adresse verwendet wird.',
    },
    syntax: {
      what: 'Ihr Mailserver hat Absender oder Empfänger in einer Form angegeben, die nicht zu lesen ist, oder etwas verlangt, was hier nicht angeboten wird.',
      you: ['Prüfen Sie, ob die Adressen richtig geschrieben sind, ohne Leerzeichen oder fehlende Teile.', SEND_ADDRESS],
      postmaster: [
        'Die genaue Antwort steht im Protokoll Ihres Servers. Adressen haben die Form Name@Domain; benutzen Sie nur Erweiterungen, die die Antwort auf EHLO anbietet.',
      ],
      until: 'Immer für diese Form. Eine richtige wird sofort angenommen.',
    },
    temporary: {
      what: 'Auf unserer Seite ließ sich gerade etwas nicht erledigen, ohne das wir die Nachricht nicht sicher annehmen konnten. Sie ist nicht verloren: Ihr Mailserver hat sie noch und versucht es erneut.',
      you: [
        NOTHING,
        'Dauert es länger als einige Stunden und ist es eilig, schreiben Sie über einen anderen Maildienst, oder rufen Sie an.',
      ],
      postmaster: [
        'An Ihrem Server muss nichts geändert werden. Lassen Sie die Warteschlange wie üblich arbeiten. Solche Störungen werden uns von selbst gemeldet.',
      ],
      until: 'In der Regel einige Minuten. Jeder weitere Versuch wird neu beurteilt.',
    },
    'too-slow': {
      what: 'Die Nachricht kam so langsam, dass die Verbindung beendet wurde, bevor sie vollständig war. Nichts davon wurde aufbewahrt.',
      you: [NOTHING, 'Ist die Nachricht groß und gelingt es immer wieder nicht, senden Sie die Dateien in kleineren Teilen oder als Link.'],
      postmaster: [
        'Prüfen Sie die Verbindung zwischen Ihrem und unserem Server: Paketverluste, eine falsche MTU oder eine Firewall, die in SMTP eingreift, sind die üblichen Gründe.',
      ],
      until: 'Nur für diesen Versuch.',
    },
    unprocessable: {
      what: 'Beim Lesen dieser Nachricht ist eines unserer Programme mehrmals abgebrochen. Zum Schutz der übrigen Post wird sie nicht mehr gelesen.',
      you: ['Schreiben Sie die Nachricht neu, zunächst ohne Anhänge.', SEND_ADDRESS],
      postmaster: [
        'Die Nachricht ist sehr ungewöhnlich aufgebaut, oder sie soll schaden. Trifft beides nicht zu, sieht unser Postmaster sie sich gern an: Bitte schreiben Sie ihm, ohne sie anzuhängen.',
      ],
      until: 'Immer für diese Nachricht in dieser Form.',
    },
    delivered: {
      what: 'Der Postfachspeicher des Empfängers hat die Nachricht angenommen, und Ihrem Mailserver wurde das bestätigt. Ist sie nicht zu finden, wurde sie vielleicht in einen Ordner einsortiert.',
      you: ['Sieht der Empfänger sie nicht, bitten Sie ihn, in seinen Ordnern nachzusehen, auch in dem für Spam.'],
      postmaster: ['Die Antwort „250 2.0.0 stored as …“ im Protokoll Ihres Servers ist unsere Bestätigung. Sie nennt diesen Beleg.'],
      until: 'Eine Zustellung ist endgültig.',
    },
  },
};
