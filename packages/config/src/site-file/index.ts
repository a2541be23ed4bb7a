/** What reads a site file and describes its keys: with YAML and the schema, so whoever only needs a value's form takes the root export. */

export { formatProblem, readSite } from './read-site.ts';
export { renderConfigDoc, renderExample } from './render-doc.ts';
