import { readable } from '../smoke/smoke-step.js';
import type { ImportItem } from './import-item.js';
import { AccessError, type ImportTarget } from './import-target.js';

/** The number of records by how they ended. */
export interface ImportCounts {
  /** Brought over, or to be brought over by a run that applies. */
  taken: number;
  /** There already. They stay as they are. */
  present: number;
  failed: number;
}

interface ImportRun {
  readonly target: ImportTarget;
  /** False: nothing is changed. */
  readonly apply: boolean;
  /** Gets a line for each record. */
  print(line: string): void;
}

/**
 * Brings records over, one after the other. A record that cannot be brought over is reported, and the others go on.
 * @throws AccessError if the caller may not bring any over
 */
export async function runImport(
  items: readonly ImportItem[],
  { target, apply, print }: ImportRun,
): Promise<ImportCounts> {
  const counts = { taken: 0, present: 0, failed: 0 };
  for (const item of items) {
    const { outcome, notes } = await bringOver(item, target, apply);
    counts[outcome] += 1;
    print([wordFor(outcome, apply), item.kind, nameOf(item), ...notes].join('\t'));
  }
  return counts;
}

async function bringOver(item: ImportItem, target: ImportTarget, apply: boolean) {
  const notes = item.note === undefined ? [] : [item.note];
  if (!item.request) return { outcome: 'failed', notes } as const;
  try {
    if (await target.has(item)) return { outcome: 'present', notes } as const;
    if (apply) notes.push(...(await target.send(item.request)));
    return { outcome: 'taken', notes: notes.map((note) => shown(note, item)) } as const;
  } catch (error) {
    if (error instanceof AccessError) throw error;
    return { outcome: 'failed', notes: [shown(readable(error), item)] } as const;
  }
}

const wordFor = (outcome: keyof ImportCounts, apply: boolean): string =>
  ({ taken: apply ? 'imported' : 'new', present: 'present', failed: 'failed' })[outcome];

const nameOf = ({ server, detail, username }: ImportItem): string => {
  const name = detail === undefined ? server : `${server}: ${detail}`;
  return username === undefined ? name : `${name} of ${username}`;
};

/** Returns a text on one line without the confidential values of the record. */
const shown = (text: string, { confidential = [] }: ImportItem): string =>
  confidential.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text).replace(/\s+/g, ' ');
