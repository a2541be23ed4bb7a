/** Text that may be written into a page as it is. */
export interface Markup {
  readonly markup: string;
}

/** Mark-up as it stands, with all values escaped but those that are mark-up themselves. Lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | Markup | readonly Markup[])[]): Markup {
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
