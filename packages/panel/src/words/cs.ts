import { tieLetters } from './tie-letters.ts';
import type { Words } from './words.ts';

const SEND_ADDRESS = 'Pošlete adresu této stránky tomu, kdo se stará o vaši poštu: poskytovateli, nebo správci ve vaší firmě.';
const URGENT = 'Pokud věc spěchá, napište z jiné poštovní služby nebo zavolejte.';
const NOTHING = 'Nemusíte dělat nic: váš poštovní server se o doručení pokusí sám znovu, obvykle po několik dní.';

/** Hours before which the preposition gets a vowel: `ve dvě`, `ve 14:05`. */
const WITH_VOWEL = /^(?:0[234]|1[234]|2\d):/u;

/** Czech. */
export const cs: Words = tieLetters<Words>({
  tag: 'cs',
  name: 'Čeština',
  skip: 'Přejít na obsah',
  language: 'Jazyk',
  look: { legend: 'Vzhled', auto: 'Podle systému', light: 'Světlý', dark: 'Tmavý' },
  title: {
    refused: 'Vaše zpráva z {when} nebyla doručena.',
    delayed: 'Vaše zpráva z {when} musí chvíli počkat.',
    delivered: 'Vaše zpráva z {when} byla doručena.',
  },
  whyTitle: {
    refused: 'Proč zpráva nebyla doručena',
    delayed: 'Proč zpráva musí chvíli počkat',
    delivered: 'Co znamená doručená zpráva',
  },
  headings: { you: 'Co můžete udělat', postmaster: 'Co udělá správce vaší pošty', until: 'Jak dlouho to platí' },
  evidence: {
    code: 'Kód odpovědi',
    list: 'Černá listina',
    listText: 'Listina uvádí',
    removal: 'O vyřazení požádejte na',
    senderDomain: 'Doména odesílatele',
    spfRecord: 'Záznam SPF, jak byl přečten',
    spfWords: 'Doména uvádí',
    file: 'Soubor',
    virus: 'Nález',
    score: 'Skóre spamu',
    wait: 'Doba čekání',
    size: 'Největší zpráva',
  },
  kept: 'Tato stránka zde bude do {date}.',
  discretion: 'Neuvádí, komu ani o čem jste psali.',
  moment: (date, time) => `${date} ${WITH_VOWEL.test(time) ? 've' : 'v'} ${time}`,
  times: 'Časy jsou uvedeny v UTC.',
  receipt: 'Potvrzení',
  seconds: { one: 'sekunda', few: 'sekundy', other: 'sekund' },
  minutes: { one: 'minuta', few: 'minuty', other: 'minut' },
  unknown: {
    title: 'Pod touto adresou nic není.',
    what: 'Důvodů může být několik a tato stránka nepozná, který z nich to je:',
    reasons: [
      'Adresa nebyla zkopírována celá. Potvrzení má 33 písmen a číslic.',
      'Je příliš stará: potvrzení se uchovávají jen omezený počet dní.',
      'Vydala ji jiná poštovní služba.',
    ],
    next: 'V chybovém hlášení, které jste dostali, je stručně uvedeno, co se stalo. Pokud je ještě máte, pošlete je tomu, kdo se stará o vaši poštu.',
  },
  missing: { title: 'Taková stránka zde není.', what: 'Otevřete prosím adresu, která je uvedena v chybovém hlášení.' },
  tooMany: { title: 'Příliš mnoho požadavků.', what: 'Z vaší sítě přišlo za krátkou dobu mnoho požadavků. Zkuste to prosím za minutu.' },
  fault: { title: 'Potvrzení teď nelze přečíst.', what: 'Chyba je na naší straně, ne na vaší. Zkuste to prosím za několik minut.' },
  ask: {
    title: 'Zná vás příjemce?',
    what: 'Lidem, kteří se starají o doménu příjemce, můžeme sdělit, že o přijetí své pošty stojíte. Požádat lze jednou. Odpověď slíbit nemůžeme a zprávu neuchováváme: pokud vám vyhoví, pošlete ji znovu.',
    button: 'Požádat o přijetí…',
    confirmNext: 'Potvrdíte na další stránce.',
    confirmTitle: 'Požádat o přijetí?',
    confirmWhat: [
      'Lidé, kteří se starají o doménu příjemce, uvidí vaši adresu, čas zprávy a důvod, proč byla odmítnuta.',
      'Zprávu samotnou neuvidí: neuchovala se.',
      'Kvůli této zprávě můžete požádat jednou. Rozhodnutí je na nich a odpovědět nemusejí.',
    ],
    confirmButton: 'Požádat o přijetí',
    back: 'Zpět',
    doneTitle: 'Vaše žádost byla zaznamenána.',
    done: 'Lidé, kteří se starají o doménu příjemce, ji od této chvíle vidí. Pokud vám vyhoví, pošlete zprávu znovu.',
    again: 'Kvůli této zprávě jste již požádali. Žádost trvá, není třeba ji opakovat.',
    full: 'Další žádosti teď nelze přijmout, protože jich v poslední době přišlo více. Zkuste to prosím za několik dní, nebo se příjemci ozvěte jinak.',
  },
  kinds: {
    dnsbl: {
      what: 'Server, který zprávu předával, je na černé listině a doména příjemce poštu od takových serverů nepřijímá. Sami jste nejspíš neudělali nic špatně.',
      you: [SEND_ADDRESS, URGENT, 'Posílat tutéž zprávu znovu nepomůže, dokud je server na listině.'],
      postmaster: [
        'V záznamech vašeho serveru najdete jeho adresu i naši odpověď. Zjistěte, proč byla adresa zapsána: obvykle jde o zneužitý účet, napadený počítač za ní nebo přeposílání, které propouští spam.',
        'Nejdříve odstraňte příčinu, potom požádejte o vyřazení. U nás platí, jakmile je vidět v DNS dané listiny, zpravidla do hodiny.',
      ],
      until: 'Po dobu, kdy je server na listině. Ptáme se jí znovu u každé zprávy; nic si o vás nepamatujeme.',
    },
    'sender-domain': {
      what: 'Doména ve vaší adrese odesílatele v DNS neexistuje, nebo o sobě uvádí, že poštu nepřijímá. Odpověď ani hlášení o chybě by vás nezastihly, proto zpráva nebyla přijata.',
      you: ['Zkontrolujte, zda máte v poštovním programu správně napsanou adresu odesílatele.', SEND_ADDRESS],
      postmaster: [
        'Doména odesílatele na obálce potřebuje záznam MX, nebo alespoň A či AAAA. Nulový MX („MX 0 .“) znamená, že odpovědět nelze, a na doménu, ze které se posílá, nepatří.',
        'Programy, které posílají poštu samy, často použijí jako odesílatele jméno svého počítače: nastavte v nich skutečnou adresu.',
      ],
      until: 'Dokud doménu nebude možné v DNS najít. Ptáme se u každé zprávy; stará odpověď může být v paměti nejvýše hodinu.',
    },
    'recipient-domain': {
      what: 'Váš poštovní server předal zprávu serveru, který poštu pro danou doménu nepřijímá. Buď je v adrese za zavináčem překlep, nebo se váš server neřídí DNS.',
      you: [
        'Zkontrolujte adresu příjemce, hlavně část za zavináčem.',
        'Je-li správná, pošlete adresu této stránky tomu, kdo se stará o vaši poštu.',
      ],
      postmaster: [
        'Doručujte na servery, které právě uvádějí záznamy MX domény příjemce. Hledejte pevně nastavenou cestu (transport, smarthost) nebo starý záznam v mezipaměti.',
        'Poštu pro cizí domény nepředáváme.',
      ],
      until: 'Dokud zpráva přichází na tento server. Přes správné servery ji lze doručit hned.',
    },
    mailbox: {
      what: 'Zprávu nebylo možné uložit do schránky s touto adresou. Přesný důvod je v chybovém hlášení, které jste dostali; tato stránka jej neopakuje, protože by cizím lidem prozrazovala něco o cizí schránce.',
      you: [
        'Zkontrolujte, zda je adresa příjemce napsána správně.',
        'Zeptejte se příjemce jinou cestou na správnou adresu, nebo mu sdělte, že k němu pošta nedochází.',
      ],
      postmaster: [
        'Na vašem serveru není nic v nepořádku. Pokud takto končí více vašich zpráv, máte zastaralý seznam adres: vyřaďte z něj adresy, které byly odmítnuty natrvalo.',
      ],
      until: 'Dokud se něco nezmění na straně příjemce. Každá zpráva se posuzuje znovu.',
    },
    greylist: {
      what: 'Tento server přijímá poštu od odesílatele, kterého dosud nezná, až na druhý pokus. Skutečné poštovní servery se samy vrátí, programy rozesílající spam většinou ne.',
      you: [NOTHING, 'Opakovaným odesláním se doručení neurychlí.'],
      postmaster: [
        'Nechte frontu běžet jako obvykle, ze stejné adresy (u IPv6 ze stejné sítě /64). Servery, které při každém pokusu mění adresu, čekají pokaždé znovu.',
        'Po uplynutí doby je odesílatel vpuštěn a každá další zpráva tuto dobu prodlužuje.',
      ],
      until: 'Po dobu čekání od prvního pokusu. Další pokus pak bude přijat.',
    },
    spf: {
      what: 'Doména ve vaší adrese odesílatele zveřejňuje, které servery smějí posílat jejím jménem (SPF), a server, který vaši zprávu předával, mezi nimi není. Zpráva proto vypadá jako podvržená.',
      you: [
        'Posíláte-li z poštovního programu, posílejte přes server svého poskytovatele, ne přes jiný.',
        'Byla-li zpráva přeposlána, zeptejte se příjemce na adresu, kde pošta skutečně končí, a pište tam.',
        SEND_ADDRESS,
      ],
      postmaster: [
        'Porovnejte záznam SPF své domény s adresou v záznamech svého serveru. Chybějící server doplňte („ip4:“, „ip6:“ nebo „include:“ vašeho poskytovatele), nebo posílejte přes ten, který je v záznamu uveden.',
        'Pokud poštu přeposíláte za jiné, přepisujte odesílatele na obálce (SRS).',
      ],
      until:
        'Dokud záznam tento server nepovolí nebo dokud zpráva nepřijde přes jiný. DNS si může starý záznam pamatovat po dobu jeho TTL.',
    },
    dns: {
      what: 'Ke kontrole vaší adresy odesílatele jsme se museli zeptat DNS vaší domény, ale to neodpovědělo. Zpráva má proto přijít později.',
      you: [NOTHING, 'Trvá-li to déle než den, pošlete adresu této stránky tomu, kdo se stará o vaši poštu.'],
      postmaster: [
        'Zkontrolujte, zda odpovídají všechny jmenné servery domény odesílatele, přes UDP i TCP, a zda je DNSSEC platný. S odpovědí SERVFAIL ani s vypršením času pracovat nemůžeme.',
        'Záznam SPF může odkazovat na jména, jejichž servery neodpovídají: kontrolu pak nelze dokončit.',
      ],
      until: 'Dokud vaše jmenné servery neodpovědí. Váš poštovní server to zkouší sám znovu.',
    },
    size: {
      what: 'Zpráva je i s přílohami větší, než tato poštovní služba přijímá. Při přenosu se soubory zvětší asi o třetinu.',
      you: ['Pošlete soubory v několika zprávách, nebo je zmenšete.', 'Velké soubory uložte do úložiště a pošlete odkaz.'],
      postmaster: ['Mez je uvedena v odpovědi na EHLO (SIZE). Většina serverů ji umí uživatelům sdělit ještě před odesláním.'],
      until: 'Vždy pro zprávy této velikosti. Menší zpráva bude přijata hned.',
    },
    attachments: {
      what: 'Ve zprávě je soubor, který může na počítači příjemce spustit program, nebo archiv, který nebylo možné celý prohlédnout. Doména příjemce takové soubory nepřijímá.',
      you: [
        'Pošlete obsah v jiné podobě, například jako PDF.',
        'Čeká-li příjemce právě na tento soubor, uložte jej do úložiště a pošlete odkaz.',
        'Přejmenovat soubor nebo jej zabalit nepomůže: do archivů se díváme.',
      ],
      postmaster: [
        'Soubor je uveden i s cestou uvnitř archivů. Pokud jej vaši uživatelé nepřiložili, hledejte škodlivý program na počítači, ze kterého zpráva odešla.',
        'Odmítají se také poškozené archivy a zprávy, které různé programy čtou různě: vytvořte archiv nebo zprávu znovu v současném programu.',
      ],
      until: 'Vždy pro tento soubor. Tatáž zpráva bez něj bude přijata.',
    },
    antivirus: {
      what: 'Antivirový program našel ve zprávě škodlivý kód, nebo ji nedokázal celou prohlédnout. Zpráva nebyla doručena.',
      you: [
        'Zprávu neposílejte znovu. Nechte svůj počítač zkontrolovat.',
        'Jste-li si jisti, že je soubor neškodný, pošlete adresu této stránky tomu, kdo se stará o vaši poštu.',
      ],
      postmaster: [
        'Nález je uveden pod názvem signatury ClamAV. Najděte počítač nebo účet, ze kterého zpráva odešla; velmi pravděpodobně posílá další.',
        'Jde-li o planý poplach, nahlaste soubor projektu ClamAV (https://www.clamav.net/reports/fp). Nové signatury načítáme několikrát denně.',
      ],
      until: 'Dokud antivirový program v této zprávě něco nachází.',
    },
    antispam: {
      what: 'Zpráva se natolik podobá spamu, že nebyla přijata. Může se to stát i poctivé zprávě, například když ji tvoří hlavně odkazy nebo obrázky.',
      you: [
        'Napište zprávu znovu vlastními slovy, s menším počtem odkazů a obrázků a s jasným předmětem.',
        URGENT,
        'Jsou-li odmítány všechny vaše zprávy, pošlete adresu této stránky tomu, kdo se stará o vaši poštu.',
      ],
      postmaster: [
        'Ověřte, že pro doménu odesílatele platí SPF, DKIM a DMARC, že adresa serveru má odpovídající reverzní záznam a že není na žádné černé listině.',
        'Hromadné zprávy potřebují souhlas příjemců a pole List-Unsubscribe.',
      ],
      until: 'Posouzena byla jen tato zpráva. Další se posoudí znovu.',
    },
    'line-endings': {
      what: 'Zpráva obsahuje znaky, které v poště být nesmějí (NUL nebo jen polovinu konce řádku). Různé programy by takovou zprávu četly různě, proto nebyla přijata.',
      you: ['Napište zprávu znovu v současném poštovním programu.', SEND_ADDRESS],
      postmaster: [
        'RFC 5321 (2.3.8) a RFC 5322 (4) dovolují CR a LF jen společně a žádný NUL. Obvykle píše konce řádků po svém nějaký skript, nebo se jako text posílá soubor, který textem není.',
        'Binární obsah kódujte v base64 nebo quoted-printable.',
      ],
      until: 'Vždy pro tuto zprávu v této podobě.',
    },
    header: {
      what: 'Hlavička zprávy (pole před textem) je větší, než mohou poštovní servery bezpečně číst.',
      you: ['Psali-li jste velmi mnoha lidem najednou, napište menšímu počtu, nebo použijte e-mailovou konferenci.', SEND_ADDRESS],
      postmaster: ['Hledejte tisíce příjemců v polích To nebo Cc, případně program, který totéž pole přidává stále znovu.'],
      until: 'Vždy pro tuto zprávu v této podobě.',
    },
    hops: {
      what: 'Zpráva prošla již více než stovkou poštovních serverů. Nejspíš obíhá v kruhu a obíhala by stále.',
      you: ['Napište příjemci přímo, ne přes přeposílání nebo e-mailovou konferenci.', SEND_ADDRESS],
      postmaster: [
        'Podívejte se na pole Received: dva servery nebo dvě schránky si poštu přeposílají navzájem. V jednom z nich smyčku přerušte.',
      ],
      until: 'Vždy pro tuto zprávu. Po přerušení smyčky bude přijata nová.',
    },
    recipients: {
      what: 'Zpráva měla více příjemců, než lze přijmout najednou. Ostatní ji již mohou mít; tomuto příjemci ji musí váš poštovní server předat zvlášť.',
      you: [NOTHING],
      postmaster: [
        'Podle RFC 5321 (4.5.3.1.10) pošlete zprávu zbylým příjemcům v další transakci. Postfix, Exim a jiné servery to dělají samy.',
      ],
      until: 'Jen pro tento pokus.',
    },
    session: {
      what: 'Váš poštovní server uvedl v jednom spojení mnoho příjemců, které nebylo možné přijmout, a spojení bylo ukončeno. Chrání to příjemce před programy, které adresy hádají.',
      you: [
        'Zkuste to později a zkontrolujte, zda jsou adresy správné.',
        'Posíláte-li podle seznamu adres, vyřaďte z něj ty, které již neexistují.',
      ],
      postmaster: [
        'Podívejte se, které adresy byly v témže spojení odmítnuty: může jít o starý seznam, nebo o účet, který používá někdo jiný.',
        'Váš server se může hned připojit znovu a předat zbytek.',
      ],
      until: 'Jen pro toto spojení.',
    },
    'eight-bit': {
      what: 'V jedné z adres jsou písmena mimo základní latinku (například č, ł nebo ü) a váš poštovní server ji předal v podobě, která je neumožňuje.',
      you: ['Má-li příjemce i adresu bez takových písmen, použijte ji.', SEND_ADDRESS],
      postmaster: [
        'Takové adresy vyžadují SMTPUTF8 (RFC 6531), a to i v příkazu MAIL, a kódování UTF-8. Samotnou doménu lze místo toho zapsat v Punycode.',
      ],
      until: 'Dokud váš server nepoužije SMTPUTF8 nebo dokud nepoužijete jinou adresu.',
    },
    syntax: {
      what: 'Váš poštovní server uvedl odesílatele nebo příjemce v podobě, kterou nelze přečíst, nebo žádal něco, co zde nenabízíme.',
      you: ['Zkontrolujte, zda jsou adresy napsány správně, bez mezer a chybějících částí.', SEND_ADDRESS],
      postmaster: [
        'Přesná odpověď je v záznamech vašeho serveru. Adresy musejí mít podobu místní-část@doména; používejte jen rozšíření, která nabízí odpověď na EHLO.',
      ],
      until: 'Vždy pro tuto podobu. Správná bude přijata hned.',
    },
    temporary: {
      what: 'Na naší straně právě nešlo něco provést a bez toho jsme zprávu nemohli bezpečně převzít. Není ztracena: váš poštovní server ji stále má a zkouší to znovu.',
      you: [NOTHING, 'Trvá-li to déle než několik hodin a věc spěchá, napište z jiné poštovní služby nebo zavolejte.'],
      postmaster: [
        'Na vašem serveru není třeba nic měnit. Nechte frontu běžet jako obvykle. O takových poruchách se dozvídáme automaticky.',
      ],
      until: 'Zpravidla několik minut. Každý další pokus se posuzuje znovu.',
    },
    'too-slow': {
      what: 'Zpráva přicházela tak pomalu, že spojení bylo ukončeno dříve, než byla celá. Nic z ní se neuchovalo.',
      you: [NOTHING, 'Je-li zpráva velká a stále se to nedaří, pošlete soubory po menších částech nebo jako odkaz.'],
      postmaster: [
        'Prověřte spojení mezi vaším a naším serverem: obvyklou příčinou jsou ztracené pakety, špatné MTU nebo firewall, který zasahuje do SMTP.',
      ],
      until: 'Jen pro tento pokus.',
    },
    unprocessable: {
      what: 'Při čtení této zprávy několikrát selhal jeden z našich programů. Abychom ochránili poštu ostatních, dále ji nečteme.',
      you: ['Napište zprávu znovu, zatím bez příloh.', SEND_ADDRESS],
      postmaster: [
        'Zpráva má velmi neobvyklou stavbu, nebo má někomu uškodit. Není-li tomu tak, náš správce pošty se na ni rád podívá: napište mu, zprávu však nepřikládejte.',
      ],
      until: 'Vždy pro tuto zprávu v této podobě.',
    },
    delivered: {
      what: 'Úložiště pošty příjemce zprávu převzalo a vašemu serveru to potvrdilo. Nelze-li ji najít, mohla být zařazena do některé složky.',
      you: ['Nevidí-li ji příjemce, požádejte ho, ať se podívá do svých složek, i do té pro spam.'],
      postmaster: ['Odpověď „250 2.0.0 stored as …“ v záznamech vašeho serveru je naším potvrzením a uvádí toto číslo.'],
      until: 'Doručení je konečné.',
    },
  },
});
