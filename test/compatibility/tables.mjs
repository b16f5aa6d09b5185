import path from 'node:path';
import { table } from '../../bench/report.mjs';

const YES = 'yes';
const REMARK_LENGTH = 160;
const ROOT = path.join(import.meta.dirname, '../../');

/** The rows of client-trial.mjs as Markdown. */
export const clientTable = (rows) =>
  table(
    ['client', 'packages', 'transport', 'lists tools', 'calls a tool', 'shows an error', 'shows a refusal'],
    rows.map(({ client, packages, transport, ...did }) => [
      client.name,
      packages.map(({ name, version }) => `${name} ${version}`).join(', '),
      transport,
      ...[did.lists, did.calls, did.errors, did.refuses].map(answer),
    ]),
  );

/** The rows of server-trial.mjs as Markdown. */
export const serverTable = (rows) =>
  table(
    ['server', 'version', 'starts', 'tools', 'mended', 'answers a call', 'what it said'],
    rows.map(({ definition, starts, tools, notices, answers, note }) => [
      definition.package,
      definition.version,
      answer(starts),
      tools ?? '',
      notices?.length ?? '',
      starts && !definition.call ? 'not tried' : answer(answers),
      remark(note),
    ]),
  );

const answer = (value) => (value ? YES : 'no');

/** Makes a text fit into a cell: one line, short, and nothing that Markdown reads. */
function remark(text = '') {
  const line = text.replaceAll(ROOT, './').replace(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '/').trim();
  if (line === '') return '';
  return `\`${line.length > REMARK_LENGTH ? `${line.slice(0, REMARK_LENGTH)}...` : line}\``;
}

/**
 * Finds what the page says works and does not work now.
 * @param page Markdown with tables of the same columns
 * @param current Markdown of the tables of this run
 * @param isPartial whether rows that are missing now are none of this run
 */
export function regressionsOf(page, current, { isPartial = false } = {}) {
  const now = rowsOf(current);
  return [...rowsOf(page)].flatMap(([key, cells]) => {
    const worked = [...cells].filter(([, cell]) => cell === YES).map(([column]) => column);
    const found = now.get(key);
    if (found === undefined) return isPartial || worked.length === 0 ? [] : [`${key}: was not tried`];
    return worked.filter((column) => found.get(column) !== YES).map((column) => `${key}: ${column}: no longer`);
  });
}

/** Reads the rows of all tables, by what they are about: the first cell, and the transport where there is one. */
function rowsOf(markdown) {
  const rows = new Map();
  let columns;
  for (const line of markdown.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
      : undefined;
    if (cells === undefined) columns = undefined;
    else if (columns === undefined) columns = cells;
    else if (!cells.every((cell) => /^-+:?$/.test(cell))) {
      const row = new Map(cells.map((cell, index) => [columns[index], cell]));
      rows.set([cells[0], row.get('transport')].filter(Boolean).join(', '), row);
    }
  }
  return rows;
}
