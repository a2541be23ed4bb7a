import { en } from './en.ts';
import { LANGUAGES } from './index.ts';
import type { Words } from './words.ts';

/** Entries of Accept-Language that are looked at. */
const ACCEPTED_MAX = 20;
const ACCEPTED_MAX_CHARACTERS = 500;

/** The language that was chosen by its tag, else the best one of Accept-Language (RFC 9110 §12.5.4), else English. */
export function chooseLanguage(chosen: unknown, accepted: string | undefined): Words {
  const byTag = (tag: string) => LANGUAGES.find((words) => words.tag === tag);
  const wanted = (accepted ?? '')
    .slice(0, ACCEPTED_MAX_CHARACTERS)
    .split(',', ACCEPTED_MAX)
    .map((entry) => {
      const [range = '', ...parameters] = entry
        .trim()
        .toLowerCase()
        .split(';')
        .map((part) => part.trim());
      const q = parameters.find((one) => one.startsWith('q='));
      return { tag: range.split('-')[0] ?? '', weight: q === undefined ? 1 : Number(q.slice(2)) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const found = wanted.map(({ tag }) => byTag(tag)).find((words) => words !== undefined);
  return (typeof chosen === 'string' ? byTag(chosen) : undefined) ?? found ?? en;
}
