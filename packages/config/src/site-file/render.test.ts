import { describe, expect, it } from 'vitest';
import { readSite } from './read-site.ts';
import { type KeyEntry, listKeys, renderConfigDoc, renderExample } from './render-doc.ts';

const ORIGIN = { baseDirectory: '/site', file: 'site.example.yaml' };

function flatten(entries: readonly KeyEntry[], above = ''): { path: string; entry: KeyEntry }[] {
  return entries.flatMap((entry) => {
    const path = above === '' ? entry.name : `${above}.${entry.name}`;
    return [{ path, entry }, ...flatten(entry.children, entry.list ? `${path}[]` : path)];
  });
}

describe('generated documents', () => {
  it('the example is a valid site file and says nothing but the defaults', () => {
    const example = readSite(renderExample(), ORIGIN);
    const minimal = readSite('cluster: { domain: thinline.example }', ORIGIN);
    expect(example).toEqual(minimal);
  });

  it('the example is valid with everything commented in, and then sets every key', () => {
    const all = renderExample().replace(/^( *)#(?=[A-Za-z]+:)/gmu, '$1');
    const reading = readSite(all, ORIGIN);
    expect(reading).toMatchObject({ ok: true });
    if (reading.ok)
      expect(Object.keys(reading.site).toSorted()).toEqual(
        listKeys()
          .map((entry) => entry.name)
          // A short form of another key.
          .filter((name) => name !== 'trace')
          .toSorted(),
      );
  });

  it.each(flatten(listKeys()))('$path is explained', ({ path, entry }) => {
    expect(entry.notes.about).toMatch(/^[A-Z].*\.$/u);
    const [top = ''] = path.split('.');
    expect(renderConfigDoc()).toContain(`\`${entry.children.length > 0 && !entry.list ? top.replace('[]', '') : path}\``);
  });
});
