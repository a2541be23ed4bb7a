/** A number with its noun, as the language wants it: `2 minuty`, `5 minut`. Forms by the categories of CLDR. */
export function counted(tag: string, count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>>): string {
  return `${count} ${forms[new Intl.PluralRules(tag).select(count)] ?? forms.other ?? forms.many ?? ''}`;
}
