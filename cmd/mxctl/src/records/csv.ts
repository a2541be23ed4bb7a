/** The cells of one line of CSV (RFC 4180 §2), or what is wrong with it. A cell in quotes ends on its line. */
export function splitCsv(line: string): readonly string[] | string {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?=,|$)/u.exec(line.slice(at));
    const cell = quoted ?? /^([^,"]*)(?=,|$)/u.exec(line.slice(at));
    if (cell === null) return 'has a quote that is not closed, or text behind one';
    cells.push(quoted === null ? (cell[1] ?? '').trim() : (cell[1] ?? '').replaceAll('""', '"'));
    at += cell[0].length + 1;
  }
  return cells;
}
