import { tieLetters } from './tie-letters.ts';
import type { Words } from './words.ts';

const SEND_ADDRESS = 'Proszę przesłać adres tej strony osobie, która zajmuje się Państwa pocztą: dostawcy lub administratorowi w firmie.';
const URGENT = 'W pilnej sprawie proszę napisać z innej usługi pocztowej albo zadzwonić.';
const NOTHING = 'Nie trzeba nic robić: Państwa serwer pocztowy sam ponowi próbę, zwykle przez kilka dni.';

/** Polish. */
export const pl: Words = tieLetters<Words>({
  tag: 'pl',
  name: 'Polski',
  skip: 'Przejdź do treści',
  language: 'Język',
  look: { legend: 'Wygląd', auto: 'Jak w systemie', light: 'Jasny', dark: 'Ciemny' },
  title: {
    refused: 'Państwa wiadomość z {when} nie została dostarczona.',
    delayed: 'Państwa wiadomość z {when} musi jeszcze poczekać.',
    delivered: 'Państwa wiadomość z {when} została dostarczona.',
  },
  whyTitle: {
    refused: 'Dlaczego wiadomość nie została dostarczona',
    delayed: 'Dlaczego wiadomość musi jeszcze poczekać',
    delivered: 'Co oznacza dostarczona wiadomość',
  },
  headings: { you: 'Co mogą Państwo zrobić', postmaster: 'Co może zrobić administrator Państwa poczty', until: 'Jak długo to obowiązuje' },
  evidence: {
    code: 'Kod odpowiedzi',
    list: 'Czarna lista',
    listText: 'Lista podaje',
    removal: 'Wniosek o usunięcie z listy',
    senderDomain: 'Domena nadawcy',
    spfRecord: 'Rekord SPF, tak jak go odczytano',
    spfWords: 'Domena podaje',
    file: 'Plik',
    virus: 'Wykryto',
    score: 'Ocena spamu',
    wait: 'Czas oczekiwania',
    size: 'Największa wiadomość',
  },
  kept: 'Ta strona będzie dostępna do {date}.',
  discretion: 'Nie podaje, do kogo ani o czym Państwo pisali.',
  moment: (date, time) => `${date} (godz. ${time})`,
  times: 'Czas podano w UTC.',
  receipt: 'Potwierdzenie',
  seconds: { one: 'sekunda', few: 'sekundy', many: 'sekund' },
  minutes: { one: 'minuta', few: 'minuty', many: 'minut' },
  unknown: {
    title: 'Pod tym adresem nic nie ma.',
    what: 'Przyczyn może być kilka, a ta strona nie rozpozna, która z nich zachodzi:',
    reasons: [
      'Adres nie został skopiowany w całości. Potwierdzenie ma 33 litery i cyfry.',
      'Potwierdzenie jest zbyt stare: przechowujemy je tylko przez ograniczoną liczbę dni.',
      'Wystawiła je inna usługa pocztowa.',
    ],
    next: 'Komunikat o błędzie, który Państwo otrzymali, krótko podaje, co się stało. Jeśli jest jeszcze dostępny, proszę przesłać go osobie, która zajmuje się Państwa pocztą.',
  },
  missing: { title: 'Nie ma takiej strony.', what: 'Proszę otworzyć adres podany w komunikacie o błędzie.' },
  tooMany: { title: 'Zbyt wiele zapytań.', what: 'Z tej sieci przyszło w krótkim czasie wiele zapytań. Proszę spróbować za minutę.' },
  fault: {
    title: 'Potwierdzenia nie można teraz odczytać.',
    what: 'Błąd leży po naszej stronie, nie po Państwa. Proszę spróbować za kilka minut.',
  },
  ask: {
    title: 'Czy odbiorca Państwa zna?',
    what: 'Możemy przekazać osobom, które opiekują się domeną odbiorcy, że zależy Państwu na przyjmowaniu Państwa poczty. Poprosić można raz. Odpowiedzi nie możemy obiecać, a wiadomości nie przechowujemy: jeśli prośba zostanie spełniona, proszę wysłać ją ponownie.',
    button: 'Poproś o przyjęcie…',
    confirmNext: 'Potwierdzenie na następnej stronie.',
    confirmTitle: 'Poprosić o przyjęcie?',
    confirmWhat: [
      'Osoby, które opiekują się domeną odbiorcy, zobaczą Państwa adres, czas wiadomości i powód jej odrzucenia.',
      'Samej wiadomości nie zobaczą: nie została zachowana.',
      'W sprawie tej wiadomości można poprosić raz. Decyzja należy do tych osób i nie muszą one odpowiadać.',
    ],
    confirmButton: 'Poproś o przyjęcie',
    back: 'Wróć',
    doneTitle: 'Prośba została zapisana.',
    done: 'Osoby, które opiekują się domeną odbiorcy, od teraz ją widzą. Jeśli prośba zostanie spełniona, proszę wysłać wiadomość ponownie.',
    again: 'W sprawie tej wiadomości prośba została już złożona. Nadal obowiązuje i nie trzeba jej powtarzać.',
    full: 'Kolejnych próśb nie można teraz przyjąć, bo ostatnio było ich kilka. Proszę spróbować za kilka dni albo skontaktować się z odbiorcą w inny sposób.',
  },
  kinds: {
    dnsbl: {
      what: 'Serwer, który przekazał wiadomość, jest na czarnej liście, a domena odbiorcy nie przyjmuje poczty z takich serwerów. Najpewniej nie zrobili Państwo nic złego.',
      you: [SEND_ADDRESS, URGENT, 'Ponowne wysłanie tej samej wiadomości nie pomoże, dopóki serwer jest na liście.'],
      postmaster: [
        'W dzienniku Państwa serwera są jego adres i nasza odpowiedź. Proszę ustalić, dlaczego adres trafił na listę: zwykle to przejęte konto, zainfekowany komputer za tym adresem albo przekierowanie, które przepuszcza spam.',
        'Najpierw proszę usunąć przyczynę, potem poprosić o wykreślenie z listy. U nas działa ono, gdy tylko pokaże je DNS listy, zazwyczaj w ciągu godziny.',
      ],
      until: 'Dopóki serwer jest na liście. Pytamy ją na nowo przy każdej wiadomości; niczego o Państwu nie zapamiętujemy.',
    },
    'sender-domain': {
      what: 'Domena w adresie nadawcy nie istnieje w DNS albo ogłasza, że nie przyjmuje poczty. Odpowiedź ani raport o błędzie nie mogłyby do Państwa dotrzeć, dlatego wiadomość nie została przyjęta.',
      you: ['Proszę sprawdzić, czy adres nadawcy w programie pocztowym jest zapisany poprawnie.', SEND_ADDRESS],
      postmaster: [
        'Domena nadawcy na kopercie potrzebuje rekordu MX albo przynajmniej A lub AAAA. Pusty MX („MX 0 .”) oznacza, że nie da się odpowiedzieć, i nie powinien stać przy domenie, która wysyła pocztę.',
        'Programy, które same wysyłają pocztę, często podają jako nadawcę nazwę swojego komputera: proszę ustawić w nich prawdziwy adres.',
      ],
      until:
        'Do czasu, gdy domenę będzie można znaleźć w DNS. Pytamy przy każdej wiadomości; stara odpowiedź może być pamiętana najwyżej godzinę.',
    },
    'recipient-domain': {
      what: 'Państwa serwer pocztowy przekazał wiadomość serwerowi, który nie odbiera poczty dla tej domeny. Albo w adresie po znaku @ jest literówka, albo Państwa serwer nie kieruje się DNS.',
      you: [
        'Proszę sprawdzić adres odbiorcy, zwłaszcza część po znaku @.',
        'Jeśli jest poprawny, proszę przesłać adres tej strony osobie, która zajmuje się Państwa pocztą.',
      ],
      postmaster: [
        'Pocztę należy dostarczać do serwerów, które teraz podają rekordy MX domeny odbiorcy. Proszę poszukać trasy ustawionej na stałe (transport, smarthost) albo starego wpisu w pamięci podręcznej.',
        'Nie przekazujemy poczty dla obcych domen.',
      ],
      until: 'Dopóki wiadomość trafia do tego serwera. Przez właściwe serwery można ją dostarczyć od razu.',
    },
    mailbox: {
      what: 'Wiadomości nie można było umieścić w skrzynce pod tym adresem. Dokładny powód podaje komunikat o błędzie, który Państwo otrzymali; ta strona go nie powtarza, bo zdradzałaby obcym coś o cudzej skrzynce.',
      you: [
        'Proszę sprawdzić, czy adres odbiorcy jest zapisany poprawnie.',
        'Proszę zapytać odbiorcę inną drogą o właściwy adres albo powiedzieć mu, że poczta do niego nie dociera.',
      ],
      postmaster: [
        'Z Państwa serwerem wszystko jest w porządku. Jeśli tak kończy się wiele wiadomości, lista adresów jest nieaktualna: proszę usunąć z niej adresy odrzucone na stałe.',
      ],
      until: 'Dopóki nic się nie zmieni po stronie odbiorcy. Każda wiadomość jest oceniana na nowo.',
    },
    greylist: {
      what: 'Ten serwer przyjmuje pocztę od nadawcy, którego jeszcze nie zna, dopiero przy drugiej próbie. Prawdziwe serwery pocztowe wracają same, programy rozsyłające spam przeważnie nie.',
      you: [NOTHING, 'Samodzielne ponowne wysłanie niczego nie przyspieszy.'],
      postmaster: [
        'Proszę pozwolić kolejce działać jak zwykle, z tego samego adresu (przy IPv6 z tej samej sieci /64). Serwery, które przy każdej próbie zmieniają adres, czekają za każdym razem od nowa.',
        'Po upływie czasu oczekiwania nadawca jest wpuszczany, a każda kolejna wiadomość to przedłuża.',
      ],
      until: 'Przez czas oczekiwania, licząc od pierwszej próby. Po jego upływie następna próba zostanie przyjęta.',
    },
    spf: {
      what: 'Domena w adresie nadawcy ogłasza, które serwery mogą wysyłać w jej imieniu (SPF), a serwera, który przekazał tę wiadomość, wśród nich nie ma. Dlatego wiadomość wygląda na podrobioną.',
      you: [
        'Korzystając z programu pocztowego, proszę wysyłać przez serwer własnego dostawcy, a nie przez inny.',
        'Jeśli wiadomość została przekierowana, proszę zapytać odbiorcę o adres, pod który poczta ostatecznie trafia, i tam napisać.',
        SEND_ADDRESS,
      ],
      postmaster: [
        'Proszę porównać rekord SPF własnej domeny z adresem w dzienniku serwera. Brakujący serwer należy dopisać („ip4:”, „ip6:” albo „include:” dostawcy) lub wysyłać przez ten, który jest w rekordzie.',
        'Przy przekierowywaniu cudzej poczty należy przepisywać nadawcę na kopercie (SRS).',
      ],
      until:
        'Dopóki rekord nie dopuści tego serwera albo dopóki wiadomość nie przyjdzie przez inny. DNS może pamiętać stary rekord tak długo, jak mówi jego TTL.',
    },
    dns: {
      what: 'Aby sprawdzić adres nadawcy, musieliśmy zapytać DNS Państwa domeny, a ten nie odpowiedział. Dlatego wiadomość ma przyjść później.',
      you: [NOTHING, 'Jeśli trwa to dłużej niż dzień, proszę przesłać adres tej strony osobie, która zajmuje się Państwa pocztą.'],
      postmaster: [
        'Proszę sprawdzić, czy odpowiadają wszystkie serwery nazw domeny nadawcy, przez UDP i TCP, i czy DNSSEC jest poprawny. Z odpowiedzią SERVFAIL i przekroczeniem czasu nic nie możemy zrobić.',
        'Rekord SPF może odwoływać się do nazw, których serwery nie odpowiadają: całego sprawdzenia nie da się wtedy dokończyć.',
      ],
      until: 'Dopóki Państwa serwery nazw nie odpowiedzą. Serwer pocztowy sam ponawia próby.',
    },
    size: {
      what: 'Wiadomość wraz z załącznikami jest większa, niż przyjmuje ta usługa pocztowa. Podczas przesyłania pliki rosną o około jedną trzecią.',
      you: [
        'Proszę wysłać pliki w kilku wiadomościach albo je zmniejszyć.',
        'Duże pliki proszę umieścić w usłudze przechowywania plików i wysłać link.',
      ],
      postmaster: [
        'Limit jest podany w odpowiedzi na EHLO (SIZE). Większość serwerów potrafi poinformować o nim użytkownika przed wysłaniem.',
      ],
      until: 'Zawsze dla wiadomości tej wielkości. Mniejsza zostanie przyjęta od razu.',
    },
    attachments: {
      what: 'W wiadomości jest plik, który może uruchomić program na komputerze odbiorcy, albo archiwum, którego nie dało się w całości sprawdzić. Domena odbiorcy nie przyjmuje takich plików.',
      you: [
        'Proszę wysłać treść w innej postaci, na przykład jako PDF.',
        'Jeśli odbiorca czeka właśnie na ten plik, proszę umieścić go w usłudze przechowywania plików i wysłać link.',
        'Ani zmiana nazwy, ani spakowanie pliku nie pomoże: sprawdzamy także zawartość archiwów.',
      ],
      postmaster: [
        'Plik podano wraz ze ścieżką wewnątrz archiwów. Jeśli użytkownicy go nie załączyli, proszę szukać złośliwego oprogramowania na komputerze, z którego wiadomość wyszła.',
        'Odrzucane są także uszkodzone archiwa i wiadomości, które programy pocztowe odczytują różnie: proszę utworzyć archiwum lub wiadomość ponownie w aktualnym programie.',
      ],
      until: 'Zawsze dla tego pliku. Ta sama wiadomość bez niego zostanie przyjęta.',
    },
    antivirus: {
      what: 'Program antywirusowy wykrył w wiadomości złośliwe oprogramowanie albo nie zdołał sprawdzić jej do końca. Wiadomość nie została dostarczona.',
      you: [
        'Proszę nie wysyłać wiadomości ponownie i sprawdzić komputer programem antywirusowym.',
        'Jeśli mają Państwo pewność, że plik jest nieszkodliwy, proszę przesłać adres tej strony osobie, która zajmuje się Państwa pocztą.',
      ],
      postmaster: [
        'Wykryte oprogramowanie podano pod nazwą sygnatury ClamAV. Proszę znaleźć komputer lub konto, z którego wiadomość wyszła; bardzo prawdopodobne, że wysyła następne.',
        'Jeśli to fałszywy alarm, proszę zgłosić plik w projekcie ClamAV (https://www.clamav.net/reports/fp). Nowe sygnatury wczytujemy kilka razy dziennie.',
      ],
      until: 'Dopóki program antywirusowy coś w tej wiadomości wykrywa.',
    },
    antispam: {
      what: 'Wiadomość tak bardzo przypomina spam, że nie została przyjęta. Może się to zdarzyć także uczciwej wiadomości, na przykład złożonej głównie z linków lub obrazów.',
      you: [
        'Proszę napisać wiadomość od nowa własnymi słowami, z mniejszą liczbą linków i obrazów oraz z jasnym tematem.',
        URGENT,
        'Jeśli odrzucane są wszystkie wiadomości, proszę przesłać adres tej strony osobie, która zajmuje się Państwa pocztą.',
      ],
      postmaster: [
        'Proszę sprawdzić, czy SPF, DKIM i DMARC są poprawne dla domeny nadawcy, czy adres serwera ma zgodny wpis odwrotny (PTR) i czy nie ma go na żadnej czarnej liście.',
        'Biuletyny wymagają zgody czytelników i pola List-Unsubscribe.',
      ],
      until: 'Oceniono tylko tę wiadomość. Następna zostanie oceniona na nowo.',
    },
    'line-endings': {
      what: 'Wiadomość zawiera znaki, których w poczcie być nie może (NUL albo połowę końca wiersza). Różne programy odczytałyby taką wiadomość różnie, dlatego nie została przyjęta.',
      you: ['Proszę napisać wiadomość ponownie w aktualnym programie pocztowym.', SEND_ADDRESS],
      postmaster: [
        'RFC 5321 (2.3.8) i RFC 5322 (4) dopuszczają CR i LF tylko razem, a znaku NUL wcale. Zwykle jakiś skrypt zapisuje końce wierszy po swojemu albo jako tekst wysyłany jest plik, który nim nie jest.',
        'Treść binarną należy kodować w base64 lub quoted-printable.',
      ],
      until: 'Zawsze dla tej wiadomości w tej postaci.',
    },
    header: {
      what: 'Nagłówek wiadomości (pola przed treścią) jest większy, niż serwery pocztowe mogą bezpiecznie odczytać.',
      you: [
        'Jeśli pisali Państwo do bardzo wielu osób naraz, proszę napisać do mniejszej liczby albo użyć listy dyskusyjnej.',
        SEND_ADDRESS,
      ],
      postmaster: ['Proszę poszukać tysięcy odbiorców w polach To lub Cc albo programu, który wciąż dodaje to samo pole.'],
      until: 'Zawsze dla tej wiadomości w tej postaci.',
    },
    hops: {
      what: 'Wiadomość przeszła już przez ponad sto serwerów pocztowych. Najpewniej krąży w kółko i krążyłaby bez końca.',
      you: ['Proszę napisać do odbiorcy bezpośrednio, a nie przez przekierowanie lub listę.', SEND_ADDRESS],
      postmaster: [
        'Proszę obejrzeć pola Received: dwa serwery lub dwie skrzynki przekierowują pocztę do siebie nawzajem. W jednym z nich należy przerwać pętlę.',
      ],
      until: 'Zawsze dla tej wiadomości. Po przerwaniu pętli nowa zostanie przyjęta.',
    },
    recipients: {
      what: 'Wiadomość miała więcej odbiorców, niż można przyjąć naraz. Pozostali być może już ją mają; temu odbiorcy Państwa serwer musi przekazać ją osobno.',
      you: [NOTHING],
      postmaster: [
        'Zgodnie z RFC 5321 (4.5.3.1.10) wiadomość dla pozostałych odbiorców należy wysłać w następnej transakcji. Postfix, Exim i inne serwery robią to same.',
      ],
      until: 'Tylko dla tej próby.',
    },
    session: {
      what: 'Państwa serwer pocztowy podał w jednym połączeniu wielu odbiorców, których nie można było przyjąć, i połączenie zostało zakończone. Chroni to odbiorców przed programami, które zgadują adresy.',
      you: [
        'Proszę spróbować później i sprawdzić, czy adresy są poprawne.',
        'Przy wysyłce do listy adresów proszę usunąć z niej adresy, które już nie istnieją.',
      ],
      postmaster: [
        'Proszę sprawdzić, które adresy odrzucono w tym samym połączeniu: może to być stara lista albo konto, z którego korzysta ktoś inny.',
        'Serwer może od razu połączyć się ponownie i przekazać resztę.',
      ],
      until: 'Tylko dla tego połączenia.',
    },
    'eight-bit': {
      what: 'W jednym z adresów są litery spoza podstawowego alfabetu łacińskiego (na przykład č, ł lub ü), a Państwa serwer pocztowy podał go w postaci, która na to nie pozwala.',
      you: ['Jeśli odbiorca ma także adres bez takich liter, proszę użyć tego adresu.', SEND_ADDRESS],
      postmaster: [
        'Takie adresy wymagają SMTPUTF8 (RFC 6531), także w poleceniu MAIL, i kodowania UTF-8. Samą domenę można zamiast tego zapisać w Punycode.',
      ],
      until: 'Dopóki serwer nie użyje SMTPUTF8 albo dopóki nie zostanie użyty inny adres.',
    },
    syntax: {
      what: 'Państwa serwer pocztowy podał nadawcę lub odbiorcę w sposób, którego nie da się odczytać, albo zażądał czegoś, czego tu nie oferujemy.',
      you: ['Proszę sprawdzić, czy adresy są zapisane poprawnie, bez spacji i brakujących części.', SEND_ADDRESS],
      postmaster: [
        'Dokładna odpowiedź jest w dzienniku serwera. Adres musi mieć postać nazwa@domena; można używać tylko rozszerzeń, które oferuje odpowiedź na EHLO.',
      ],
      until: 'Zawsze dla tej postaci. Poprawna zostanie przyjęta od razu.',
    },
    temporary: {
      what: 'Po naszej stronie czegoś akurat nie dało się wykonać, a bez tego nie mogliśmy bezpiecznie przyjąć wiadomości. Nie jest stracona: Państwa serwer pocztowy nadal ją ma i ponowi próbę.',
      you: [NOTHING, 'Jeśli trwa to dłużej niż kilka godzin, a sprawa jest pilna, proszę napisać z innej usługi pocztowej albo zadzwonić.'],
      postmaster: [
        'Na serwerze nie trzeba niczego zmieniać. Kolejka może działać jak zwykle. O takich awariach dowiadujemy się automatycznie.',
      ],
      until: 'Zazwyczaj kilka minut. Każda następna próba jest oceniana na nowo.',
    },
    'too-slow': {
      what: 'Wiadomość przychodziła tak wolno, że połączenie zakończono, zanim była kompletna. Nic z niej nie zachowano.',
      you: [NOTHING, 'Jeśli wiadomość jest duża i wciąż się nie udaje, proszę wysłać pliki w mniejszych częściach albo jako link.'],
      postmaster: [
        'Proszę sprawdzić połączenie między serwerami: zwykłe przyczyny to utrata pakietów, złe MTU albo zapora, która ingeruje w SMTP.',
      ],
      until: 'Tylko dla tej próby.',
    },
    unprocessable: {
      what: 'Podczas odczytywania tej wiadomości jeden z naszych programów kilka razy uległ awarii. Aby chronić pocztę innych osób, już jej nie odczytujemy.',
      you: ['Proszę napisać wiadomość od nowa, na początek bez załączników.', SEND_ADDRESS],
      postmaster: [
        'Wiadomość ma bardzo nietypową budowę albo ma komuś zaszkodzić. Jeśli tak nie jest, nasz administrator chętnie ją obejrzy: proszę do niego napisać, ale jej nie załączać.',
      ],
      until: 'Zawsze dla tej wiadomości w tej postaci.',
    },
    delivered: {
      what: 'System pocztowy odbiorcy przyjął wiadomość i potwierdził to Państwa serwerowi. Jeśli nie można jej znaleźć, mogła trafić do jednego z folderów.',
      you: ['Jeśli odbiorca jej nie widzi, proszę poprosić go o sprawdzenie folderów, także tego ze spamem.'],
      postmaster: ['Odpowiedź „250 2.0.0 stored as …” w dzienniku serwera jest naszym potwierdzeniem i podaje ten numer.'],
      until: 'Dostarczenie jest ostateczne.',
    },
  },
});
