import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Everything that was measured, as Markdown: for people on the terminal, and for the performance page. */
export function report({ rows, bounds, rounds, date }) {
  const direct = (inFlight) => rows.find((row) => row.id === 'direct' && row.inFlight === inFlight);
  const measured = table(
    ['', 'in flight', 'calls/s', 'p50 ms', 'p99 ms', 'CPU ms/call', 'calls/s ÷ direct', 'CPU ÷ direct'],
    rows.map((row) => [
      row.name,
      row.inFlight,
      Math.round(row.callsPerSecond),
      row.p50.toFixed(2),
      row.p99.toFixed(2),
      row.cpuPerCall.toFixed(3),
      (row.callsPerSecond / direct(row.inFlight).callsPerSecond).toFixed(2),
      (row.cpuPerCall / direct(row.inFlight).cpuPerCall).toFixed(2),
    ]),
  );
  return `${conditions({ rounds, date })}\n\n${measured}\n\n${boundsTable(bounds)}`;
}

/** When, where and how it was measured. */
export function conditions({ rounds, date }) {
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}`;
  const rule = rounds === 1 ? 'one round' : `medians of ${rounds} interleaved rounds`;
  return `Measured on ${date}: ${machine}; ${rule}.`;
}

export function boundsTable(bounds) {
  return table(
    ['bound', 'measured', 'limit', ''],
    bounds.map(({ what, value, most, least, unit, met }) => {
      const limit = most === undefined ? `≥ ${least}` : `≤ ${most}`;
      const withUnit = (text) => (unit === undefined ? text : `${text} ${unit}`);
      return [what, withUnit(digits(value)), withUnit(limit), met ? 'met' : '**missed**'];
    }),
  );
}

/** Replaces what stands between the markers `<!-- name:begin -->` and `<!-- name:end -->` of a page. @throws when it has none */
export function writeInto(path, text, name = 'bench') {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const page = existsSync(path) ? readFileSync(path, 'utf8') : `${begin}\n${end}\n`;
  const [head, rest] = page.split(begin);
  const [, tail] = rest?.split(end) ?? [];
  if (tail === undefined) throw new Error(`${path} has no place for the figures: ${begin} and ${end}`);
  writeFileSync(path, `${head}${begin}\n\n${text}\n\n${end}${tail}`);
}

const digits = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2));

export function table(header, lines) {
  const rows = [header, ...lines].map((line) => line.map(String));
  const widths = header.map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const isNumber = widths.map((_, column) => column > 0 && rows.slice(1).every((row) => /^[\d.]+$/.test(row[column])));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const padded = rows.map((row) =>
    line(row.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))),
  );
  const rule = line(
    widths.map((width, column) => (isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))),
  );
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}
