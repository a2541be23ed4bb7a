import { LANGUAGES } from '../words/index.ts';
import type { Kind, KindWords, Words } from '../words/words.ts';
import type { Evidence } from './evidence.ts';

/** What stands around every page. */
export interface Frame {
  readonly words: Words;
  /** Where the style sheet is. */
  readonly stylePath: string;
}

/** A page: mark-up in UTF-8. */
function page({ words, stylePath }: Frame, title: string, sheet: Markup, below: Markup = html``): string {
  const languages = LANGUAGES.map(({ tag, name }) =>
    tag === words.tag
      ? html`<a href="?l=${tag}" lang="${tag}" hreflang="${tag}" aria-current="true">${name}</a>`
      : html`<a href="?l=${tag}" lang="${tag}" hreflang="${tag}">${name}</a>`,
  );
  const { look } = words;
  return html`<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="${stylePath}">
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
<header class="top">
<div class="top-in">
<span class="brand"><svg viewBox="0 0 28 32" aria-hidden="true"><path d="M2 32V14a12 12 0 0 1 24 0v18z"/><path class="door" d="M8 32V14.5a6 6 0 0 1 6-6V32z"/></svg>Vratny</span>
<nav class="langs" aria-label="${words.language}">${languages}</nav>
</div>
</header>
<main class="main" id="main">
<div class="sheet">
${sheet}
</div>
${below}
</main>
<footer class="foot">
<div class="foot-in">
<fieldset class="theme">
<legend>${look.legend}</legend>
<label><input type="radio" name="theme" id="theme-auto" checked>${look.auto}</label>
<label><input type="radio" name="theme" id="theme-light">${look.light}</label>
<label><input type="radio" name="theme" id="theme-dark">${look.dark}</label>
</fieldset>
</div>
</footer>
</body>
</html>
`.markup;
}

/** What a page tells of one decision. */
interface Told {
  readonly id: string;
  readonly kind: Kind;
  readonly verdict: 'refused' | 'delayed' | 'delivered';
  readonly at: Date;
  readonly keptUntil: Date;
  readonly evidence: readonly Evidence[];
  /** Whether the sender may ask to be let in, or has. */
  readonly ask: 'no' | 'may' | 'asked';
}

/** The page of a receipt. */
export function receiptPage(frame: Frame, told: Told): string {
  const { words } = frame;
  const title = words.title[told.verdict].replace('{when}', momentOf(words, told.at));
  const sheet = html`<div><h1>${title}</h1><p class="lead">${words.kinds[told.kind].what}</p></div>
${stepsOf(words, words.kinds[told.kind], told.evidence)}
${askPart(words, told)}`;
  const kept = words.kept.replace('{date}', dateOf(words, told.keptUntil));
  return page(
    frame,
    title,
    sheet,
    html`<p class="fine">${kept} ${words.discretion} ${words.times} ${words.receipt} <code>${told.id}</code></p>`,
  );
}

/** The page that explains a kind, whoever it was said to. */
export function whyPage(frame: Frame, kind: Kind, verdict: Told['verdict']): string {
  const { words } = frame;
  const title = words.whyTitle[verdict];
  return page(
    frame,
    title,
    html`<div><h1>${title}</h1><p class="lead">${words.kinds[kind].what}</p></div>
${stepsOf(words, words.kinds[kind], [])}`,
  );
}

/** The page for whatever is not there: unknown, too old, of another site, or no receipt at all. */
export function unknownPage(frame: Frame): string {
  const { unknown } = frame.words;
  const reasons = unknown.reasons.map((reason) => html`<li><span>${reason}</span></li>`);
  return page(
    frame,
    unknown.title,
    html`<div><h1>${unknown.title}</h1><p class="lead">${unknown.what}</p></div>
<ol class="numbered">${reasons}</ol>
<p>${unknown.next}</p>`,
  );
}

/** A page with one sentence: what is missing, or why it cannot be shown. */
export function plainPage(frame: Frame, { title, what }: { readonly title: string; readonly what: string }): string {
  return page(frame, title, html`<div><h1>${title}</h1><p class="lead">${what}</p></div>`);
}

/** The page on which a sender confirms that it asks to be let in. */
export function confirmPage(frame: Frame, id: string): string {
  const { ask, tag } = frame.words;
  const points = ask.confirmWhat.map((point) => html`<li>${point}</li>`);
  return page(
    frame,
    ask.confirmTitle,
    html`<div><h1>${ask.confirmTitle}</h1></div>
<ul class="points">${points}</ul>
<form method="post" action="/r/${id}/ask?l=${tag}"><p class="actions"><button class="button button-main" type="submit">${ask.confirmButton}</button><a class="button" href="/r/${id}?l=${tag}">${ask.back}</a></p></form>`,
  );
}

function stepsOf(words: Words, { you, postmaster, until }: KindWords, evidence: readonly Evidence[]): Markup {
  const { headings } = words;
  const steps = you.map((step) => html`<li><span>${step}</span></li>`);
  const facts = evidence.map(({ name, text }) => html`<div><dt>${words.evidence[name]}</dt><dd>${toTheLetter(text)}</dd></div>`);
  return html`<section aria-labelledby="you"><h2 id="you">${headings.you}</h2><ol class="numbered">${steps}</ol></section>
<section aria-labelledby="post"><h2 id="post">${headings.postmaster}</h2>${postmaster.map((one) => html`<p>${one}</p>`)}${facts.length > 0 ? html`<dl class="found">${facts}</dl>` : html``}</section>
<section aria-labelledby="long"><h2 id="long">${headings.until}</h2><p>${until}</p></section>`;
}

/** Never a link: what looks like one is a stranger's. */
function toTheLetter(text: string): Markup {
  return html`<code dir="auto">${text}</code>`;
}

function askPart({ ask, tag }: Words, { id, ask: state }: Told): Markup {
  if (state === 'no') return html``;
  if (state === 'asked') {
    return html`<hr class="rule">
<section aria-labelledby="ask" role="status"><h2 id="ask">${ask.doneTitle}</h2><p>${ask.done}</p></section>`;
  }
  return html`<hr class="rule">
<section aria-labelledby="ask"><h2 id="ask">${ask.title}</h2><p>${ask.what}</p>
<p class="actions ask"><a class="button button-main" href="/r/${id}/ask?l=${tag}">${ask.button}</a><span class="soft small">${ask.confirmNext}</span></p></section>`;
}

/** English as it is written in Europe. */
const localeOf = ({ tag }: Words): string => (tag === 'en' ? 'en-GB' : tag);

function dateOf(words: Words, at: Date): string {
  return new Intl.DateTimeFormat(localeOf(words), { timeZone: 'UTC', dateStyle: 'long' }).format(at).replaceAll(' ', '\u00a0');
}

function momentOf(words: Words, at: Date): string {
  const time = new Intl.DateTimeFormat(localeOf(words), { timeZone: 'UTC', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    at,
  );
  return words.moment(dateOf(words, at), time);
}

/** Text that may be written into a page as it is. */
interface Markup {
  readonly markup: string;
}

/** Mark-up as it stands, with all values escaped but those that are mark-up themselves. Lists are joined. */
function html(parts: TemplateStringsArray, ...values: readonly (string | number | Markup | readonly Markup[])[]): Markup {
  let markup = parts[0] ?? '';
  values.forEach((value, i) => {
    markup += asMarkup(value) + (parts[i + 1] ?? '');
  });
  return { markup };
}

function asMarkup(value: string | number | Markup | readonly Markup[]): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value);
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeText(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => ESCAPES[character] ?? '');
}
