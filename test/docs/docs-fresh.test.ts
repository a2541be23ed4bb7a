import { existsSync, readFileSync } from 'node:fs';
import { readSite } from '@vratny/config/site-file';
import { describe, expect, it } from 'vitest';
import { GENERATED, ROOT } from './generated.ts';

describe('generated files', () => {
  it.each(GENERATED)('$path is fresh (else: npm run -s docs)', ({ path, render }) => {
    const file = new URL(path, ROOT);
    expect(existsSync(file), `${path} is missing`).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(render());
  });

  it('site.example.yaml is a valid site file', () => {
    const text = readFileSync(new URL('site.example.yaml', ROOT), 'utf8');
    expect(readSite(text, { baseDirectory: '/site', file: 'site.example.yaml' })).toMatchObject({ ok: true });
  });
});
